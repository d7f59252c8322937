import { describe, expect, it } from 'vitest'
import { fromLocal, nextSlot, toLocal } from './time'

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

  it('offers the next half hour', () => {
    expect(toLocal(nextSlot(NOON + 1)).time).toBe('13:00')
    expect(toLocal(nextSlot(NOON)).time).toBe('12:30')
  })
})
