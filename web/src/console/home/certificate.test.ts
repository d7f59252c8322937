import { expect, it } from 'vitest'
import { words } from './certificate'

it('says nothing without https, a quiet line while all is well, and warns of everything else', () => {
  expect(words({ state: 'off', trouble: null })).toBeNull()
  expect(words({ state: 'good', trouble: null })).toEqual({ key: 'console.certificate.good', warn: false })
  expect(words({ state: 'good', trouble: 'the authority is away' })?.warn).toBe(true)
  for (const state of ['late', 'alone', 'invalid', 'missing'] as const) expect(words({ state, trouble: null })).toEqual({ key: `console.certificate.${state}`, warn: true })
})
