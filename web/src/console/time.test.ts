import { describe, expect, it } from 'vitest'
import { dayNumber, fromLocal, nextSlot, shortDateTime, timeRange, toLocal } from './time'

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

  it('splits days at midnight in the centre, not in UTC', () => {
    expect(dayNumber(fromLocal('2026-11-22', '23:59')!)).toBe(dayNumber(NOON))
    expect(dayNumber(fromLocal('2026-11-23', '00:00')!)).toBe(dayNumber(NOON) + 1)
  })

  it('shows the year only when it is another', () => {
    expect(shortDateTime(NOON, NOON)).toBe('11-22 12:00')
    expect(shortDateTime(NOON, fromLocal('2027-01-01', '00:00')!)).toBe('2026-11-22 12:00')
  })

  it('names the second day of a lesson over midnight', () => {
    expect(timeRange(NOON, NOON + 3_600_000)).toBe('12:00–13:00')
    expect(timeRange(fromLocal('2026-11-22', '23:30')!, fromLocal('2026-11-23', '00:30')!)).toBe('23:30–11-23 00:30')
  })

  it('offers the next half hour', () => {
    expect(toLocal(nextSlot(NOON + 1)).time).toBe('13:00')
    expect(toLocal(nextSlot(NOON)).time).toBe('12:30')
  })
})
