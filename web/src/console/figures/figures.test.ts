import { describe, expect, it } from 'vitest'
import { completion, spanOf, stops } from './figures'

describe('the time that is asked for', () => {
  // 1 January 2027, 00:30 in Beijing; still 2026 in London.
  const now = Date.UTC(2026, 11, 31, 16, 30)
  it('has days of Beijing', () => {
    expect(spanOf('all', now)).toEqual({})
    expect(spanOf('year', now).from).toBe(Date.UTC(2026, 11, 31, 16))
    expect(spanOf('month', now).from).toBe(Date.UTC(2026, 11, 31, 16))
    expect(spanOf('days30', now).from).toBe(Date.UTC(2026, 11, 2, 16))
  })
})

describe('where people stop', () => {
  it('is where most of them are missing afterwards, in the order of the episode', () => {
    expect(stops([10, 10, 4, 4, 3, 3, 3, 0], 80_000, 2)).toEqual([
      { atMs: 20_000, lost: 6 },
      { atMs: 70_000, lost: 3 },
    ])
  })
  it('is nowhere when all stay, when nobody came, and when people come later', () => {
    expect([stops([5, 5, 5], 30_000), stops([0, 0], 20_000), stops([], 0), stops([1, 2, 3], 30_000)]).toEqual([[], [], [], []])
  })
  it('is not where one of a hundred stopped', () => {
    expect(stops([100, 99, 99], 30_000)).toEqual([])
  })
})

describe('completion', () => {
  it('is of those who listened', () => {
    expect([completion(1, 3), completion(0, 0), completion(5, 3)]).toEqual([33, null, 100])
  })
})
