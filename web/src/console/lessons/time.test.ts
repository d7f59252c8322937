import { describe, expect, it } from 'vitest'
import { fromLocal, nextSlot, tidyTime, toLocal } from './time'

const NOON = Date.UTC(2026, 10, 22, 4, 0) // 12:00 in the centre

describe('the centre’s wall clock', () => {
  it('goes there and back', () => {
    expect(toLocal(NOON)).toEqual({ date: '2026-11-22', time: '12:00' })
    expect(fromLocal('2026-11-22', '12:00')).toBe(NOON)
  })

  it('refuses what names no moment', () => {
    expect(fromLocal('2026-11-31', '12:00')).toBeNull()
    expect(fromLocal('2026-02-29', '12:00')).toBeNull()
    expect(fromLocal('2028-02-29', '12:00')).not.toBeNull()
    expect(fromLocal('2026-11-22', '24:00')).toBeNull()
    expect(fromLocal('', '')).toBeNull()
  })

  it('takes a time as people type it', () => {
    expect(['9', '930', '9:30', '9.30', '９：３０', '0930', '9点', '9点半', '14点5分', ' 23:59 '].map(tidyTime)).toEqual([
      '09:00',
      '09:30',
      '09:30',
      '09:30',
      '09:30',
      '09:30',
      '09:00',
      '09:30',
      '14:05',
      '23:59',
    ])
    expect(['', '24:00', '9:60', 'noon', '-1', '12345'].map(tidyTime)).toEqual([null, null, null, null, null, null])
  })

  it('offers the next half hour', () => {
    expect(toLocal(nextSlot(NOON + 1)).time).toBe('13:00')
    expect(toLocal(nextSlot(NOON)).time).toBe('12:30')
  })
})
