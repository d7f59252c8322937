import { describe, expect, it } from 'vitest'
import { exactPosition, parsePosition, trimFault } from './time'

describe('positions', () => {
  it('are read as people type them', () => {
    expect(parsePosition('1:02:03')).toBe(3_723_000)
    expect(parsePosition(' 2：03.5 ')).toBe(123_500)
    expect(parsePosition('90')).toBe(90_000)
    expect(parsePosition('90:00')).toBe(5_400_000)
  })

  it('are null when they are none', () => {
    for (const typed of ['', 'abc', '-1', '1:60', '1:61:00', '1:2:3:4', 'NaN', '1e3', '1:', '::', '2:03.1234'])
      expect(parsePosition(typed), typed).toBeNull()
  })

  it('come back as they were written', () => {
    for (const ms of [0, 500, 59_999, 60_000, 123_456, 3_600_000, 36_000_010]) expect(parsePosition(exactPosition(ms))).toBe(ms)
  })
})

describe('a trim', () => {
  it('is checked before it is sent', () => {
    expect(trimFault(0, null, 60_000)).toBeNull()
    expect(trimFault(5_000, 6_000, 60_000)).toBeNull()
    expect(trimFault(5_001, 6_000, 60_000)).toBe('reversed')
    expect(trimFault(60_000, null, 60_000)).toBe('reversed')
    expect(trimFault(0, 60_001, 60_000)).toBe('beyond')
    expect(trimFault(null, 6_000, 60_000)).toBe('unreadable')
    expect(trimFault(0, undefined, 60_000)).toBe('unreadable')
  })
})
