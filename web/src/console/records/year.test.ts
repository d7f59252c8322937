import { describe, expect, it } from 'vitest'
import { missingOf, whyOf } from './year'

describe('why it is not full credit', () => {
  it('is one sentence, and none where it is', () => {
    expect(whyOf({ credit: 'full', reason: null, make_up_until: null })).toBe('full')
    expect(whyOf({ credit: 'half', reason: 'half', make_up_until: 5 })).toBe('half')
    expect(whyOf({ credit: 'none', reason: 'below_half', make_up_until: null })).toBe('below_half')
    expect(whyOf({ credit: 'none', reason: 'a code of tomorrow', make_up_until: null })).toBe('nothing')
  })
  // hrms#714, hr-attendance#140: pending until the windows are over, and only then absent.
  it('is pending as long as one can still come', () => {
    expect(whyOf({ credit: 'none', reason: 'pending', make_up_until: 5 })).toBe('pending')
    expect(whyOf({ credit: 'none', reason: 'pending', make_up_until: null })).toBe('pending_open')
    expect(whyOf({ credit: 'none', reason: 'absent', make_up_until: null })).toBe('absent')
  })
  it('knows what is missing of the year', () => {
    expect([missingOf({ hours_milli: 18_500, target_hours_milli: 32_000 }), missingOf({ hours_milli: 40_000, target_hours_milli: 32_000 })]).toEqual([13_500, 0])
  })
})
