import { describe, expect, it } from 'vitest'
import { coverage, whyKey } from './why'

describe('why', () => {
  it('never rounds up to the mark', () => {
    expect([0, 1, 4999, 7999, 8000, 10000].map(coverage)).toEqual(['0.0%', '0.0%', '49.9%', '79.9%', '80.0%', '100.0%'])
  })

  it('says what decided', () => {
    const row = (credit: 'none' | 'half' | 'full', counted_ms = 1) => ({ credit, counted_ms, reason: null })
    expect(whyKey(row('full'), true)).toBe('full')
    expect(whyKey(row('half'), false)).toBe('half')
    expect(whyKey(row('half'), true)).toBe('in_progress')
    expect(whyKey(row('none'), false)).toBe('below_half')
    expect(whyKey(row('none', 0), false)).toBe('nothing')
  })
})
