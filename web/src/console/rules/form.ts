/**
 * The figures of a rule as the form holds them: text as it was typed, checked before it is sent. The server checks again; these
 * checks only spare a round trip, and say which field and why. No floats: 0.25 hours are 250 thousandths by their digits.
 */
import type { RuleSettings } from './api'

const MINUTE = 60_000
const DAY = 86_400_000

export interface RuleForm {
  name: string
  full: string
  half: string
  /** × 1000, of a list. */
  rate: number
  hiddenVideo: boolean
  uncorroborated: boolean
  days: string
  longMinutes: string
  longHours: string
  mediumMinutes: string
  mediumHours: string
  shortHours: string
}
export type RuleField = keyof RuleForm
export type RuleIssue = 'name_empty' | 'name_long' | 'percent' | 'half_above_full' | 'days' | 'minutes' | 'long_shorter' | 'hours' | 'hours_descend'

/** Rates people can choose; a rule that has another one keeps it. */
export const RATES = [1000, 1250, 1500, 1750, 2000]
const NAME_MAX = 100

const whole = (typed: string): number | null => (/^\d{1,5}$/.test(typed.trim()) ? Number(typed.trim()) : null)

/** "0.25" → 250; null: no number with at most three digits behind the point. */
export function thousandths(typed: string): number | null {
  const found = /^(\d{1,3})(?:[.。．](\d{1,3}))?$/.exec(typed.trim())
  return found ? Number(found[1]) * 1000 + Number((found[2] ?? '').padEnd(3, '0')) : null
}

/** 250 → "0.25". */
export function decimal(milli: number): string {
  const rest = String(milli % 1000).padStart(3, '0').replace(/0+$/, '')
  return `${Math.floor(milli / 1000)}${rest === '' ? '' : `.${rest}`}`
}

export const formOf = (settings: RuleSettings): RuleForm => ({
  name: settings.name,
  full: String(settings.full_percent),
  half: String(settings.half_percent),
  rate: settings.max_rate_milli,
  hiddenVideo: settings.hidden_video_counts,
  uncorroborated: settings.uncorroborated_counts,
  days: String(Math.round(settings.make_up_ms / DAY)),
  longMinutes: String(Math.round(settings.long_ms / MINUTE)),
  longHours: decimal(settings.long_hours_milli),
  mediumMinutes: String(Math.round(settings.medium_ms / MINUTE)),
  mediumHours: decimal(settings.medium_hours_milli),
  shortHours: decimal(settings.short_hours_milli),
})

/** What is wrong, by field; empty when it may be sent. */
export function check(form: RuleForm): Partial<Record<RuleField, RuleIssue>> {
  const issues: Partial<Record<RuleField, RuleIssue>> = {}
  const name = Array.from(form.name.trim()).length
  if (name === 0) issues.name = 'name_empty'
  else if (name > NAME_MAX) issues.name = 'name_long'
  const within = (field: RuleField, least: number, most: number, issue: RuleIssue, read = whole): number | null => {
    const figure = read(String(form[field]))
    if (figure === null || figure < least || figure > most) issues[field] = issue
    return figure
  }
  const full = within('full', 1, 100, 'percent')
  const half = within('half', 1, 100, 'percent')
  if (full !== null && half !== null && !issues.half && half > full) issues.half = 'half_above_full'
  within('days', 0, 366, 'days')
  const medium = within('mediumMinutes', 1, 720, 'minutes')
  const long = within('longMinutes', 1, 720, 'minutes')
  if (medium !== null && long !== null && !issues.longMinutes && long <= medium) issues.longMinutes = 'long_shorter'
  const hours = (['shortHours', 'mediumHours', 'longHours'] as const).map((field) => [field, within(field, 0, 100_000, 'hours', thousandths)] as const)
  hours.reduce((before, now) => {
    if (before[1] !== null && now[1] !== null && !issues[now[0]] && now[1] < before[1]) issues[now[0]] = 'hours_descend'
    return now
  })
  return issues
}

/** The figures to send, or null while the form is not whole. */
export function settingsOf(form: RuleForm): RuleSettings | null {
  if (Object.keys(check(form)).length > 0) return null
  return {
    name: form.name.trim(),
    full_percent: whole(form.full) ?? 0,
    half_percent: whole(form.half) ?? 0,
    max_rate_milli: form.rate,
    hidden_video_counts: form.hiddenVideo,
    uncorroborated_counts: form.uncorroborated,
    make_up_ms: (whole(form.days) ?? 0) * DAY,
    long_ms: (whole(form.longMinutes) ?? 0) * MINUTE,
    long_hours_milli: thousandths(form.longHours) ?? 0,
    medium_ms: (whole(form.mediumMinutes) ?? 0) * MINUTE,
    medium_hours_milli: thousandths(form.mediumHours) ?? 0,
    short_hours_milli: thousandths(form.shortHours) ?? 0,
  }
}
