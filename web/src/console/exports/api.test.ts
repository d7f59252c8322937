import { describe, expect, it } from 'vitest'
import { fileName } from './api'

describe('the name of an export', () => {
  it('is the one with Chinese in it, where there is one', () => {
    expect(fileName(`attachment; filename="x.xlsx"; filename*=UTF-8''%E5%AD%A6%E6%97%B6.xlsx`)).toBe('学时.xlsx')
    expect(fileName('attachment; filename="plain.csv"')).toBe('plain.csv')
    expect(fileName(`attachment; filename="a.csv"; filename*=UTF-8''%E5%AD%A`)).toBe('a.csv')
    expect(fileName(null)).toBeNull()
  })
})
