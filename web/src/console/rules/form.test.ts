import { describe, expect, it } from 'vitest'
import type { RuleSettings } from './api'
import { check, decimal, formOf, settingsOf, thousandths } from './form'

const settings: RuleSettings = {
  name: '默认规则',
  full_percent: 80,
  half_percent: 50,
  max_rate_milli: 1500,
  hidden_video_counts: true,
  uncorroborated_counts: false,
  make_up_ms: 7 * 86_400_000,
  long_ms: 30 * 60_000,
  long_hours_milli: 1000,
  medium_ms: 15 * 60_000,
  medium_hours_milli: 500,
  short_hours_milli: 250,
}
const form = formOf(settings)

describe('the form of a rule', () => {
  it('comes back as it was', () => {
    expect(settingsOf(form)).toEqual(settings)
    expect(form).toMatchObject({ shortHours: '0.25', mediumHours: '0.5', longHours: '1', days: '7' })
  })

  it('reads hours by their digits, and no number that is none', () => {
    expect(['0.25', '1', '100', '1.005', ' 2。5 ', '0.1'].map(thousandths)).toEqual([250, 1000, 100_000, 1005, 2500, 100])
    expect(['', '.5', '1.', '1.0005', '-1', '1e3', '½', '1,5'].map(thousandths)).toEqual(Array(8).fill(null))
    expect([0, 5, 250, 1000, 1050, 12_340].map(decimal)).toEqual(['0', '0.005', '0.25', '1', '1.05', '12.34'])
  })

  it('says every figure that cannot be, and what has to be in order', () => {
    expect(check(form)).toEqual({})
    expect(check({ ...form, name: ' ', full: '101', half: '0', days: '367', longMinutes: '721', shortHours: 'x' })).toEqual({
      name: 'name_empty',
      full: 'percent',
      half: 'percent',
      days: 'days',
      longMinutes: 'minutes',
      shortHours: 'hours',
    })
    expect(check({ ...form, half: '81' })).toEqual({ half: 'half_above_full' })
    expect(check({ ...form, half: '80' })).toEqual({})
    expect(check({ ...form, longMinutes: '15' })).toEqual({ longMinutes: 'long_shorter' })
    expect(check({ ...form, longHours: '0.4' })).toEqual({ longHours: 'hours_descend' })
    expect(check({ ...form, mediumHours: '0.2' })).toEqual({ mediumHours: 'hours_descend' })
    expect(settingsOf({ ...form, half: '81' })).toBeNull()
  })
})
