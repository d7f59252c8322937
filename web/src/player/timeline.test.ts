import { describe, expect, it } from 'vitest'
import { dateAt, timeAt } from './timeline'

const T = 1_700_000_000_000
/** Two segments, then a minute without the lecturer, then one more. */
const fragments = [
  { start: 10, duration: 2, programDateTime: T },
  { start: 12, duration: 2, programDateTime: T + 2000 },
  { start: 14, duration: 2, programDateTime: T + 64_000 },
]

describe('the timeline', () => {
  it('dates a frame inside a fragment', () => {
    expect(dateAt(fragments, 13.5)).toBe(T + 3500)
    expect(dateAt(fragments, 14)).toBe(T + 64_000)
  })
  it('goes a little beyond both ends', () => {
    expect(dateAt(fragments, 16.5)).toBe(T + 66_500)
    expect(dateAt(fragments, 9.75)).toBe(T - 250)
  })
  it('does not guess', () => {
    expect(dateAt([], 1)).toBeNull()
    expect(dateAt([{ start: 0, duration: 2, programDateTime: null }], 1)).toBeNull()
    expect(timeAt([], T)).toBeNull()
  })
  it('finds a date again', () => {
    expect(timeAt(fragments, T + 3500)).toBe(13.5)
    expect(timeAt(fragments, T + 65_000)).toBe(15)
  })
  it('skips a hole and stays inside the ends', () => {
    expect(timeAt(fragments, T + 30_000)).toBe(14)
    expect(timeAt(fragments, T - 5000)).toBe(10)
    expect(timeAt(fragments, T + 90_000)).toBe(16)
  })
})
