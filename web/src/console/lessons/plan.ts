/**
 * The plan of a lesson as the form holds it, checked before it is sent. The server checks again;
 * these checks only spare the organizer a round trip, and say which field and why.
 */
import type { PlanBody, PlannedLesson } from './api'
import { fromLocal, nextSlot, tidyTime, toLocal } from './time'

export interface PlanForm {
  title: string
  summary: string
  lecturer_id: string
  unit_id: string
  audience: string[]
  date: string
  start: string
  end: string
  low_latency: boolean
  /** Empty: whatever is the default rule. */
  rule_id: string
  /** It takes the version of the rule that is active now, where it has an older one. */
  rule_now: boolean
}

export type PlanField = keyof PlanForm
export type PlanIssue =
  | 'title_empty'
  | 'title_long'
  | 'summary_long'
  | 'lecturer_missing'
  | 'unit_missing'
  | 'audience_missing'
  | 'date_missing'
  | 'start_missing'
  | 'start_past'
  | 'end_missing'
  | 'too_short'
  | 'too_long'

export const TITLE_MAX = 100
export const SUMMARY_MAX = 2000
const MIN_MS = 60_000
const MAX_MS = 12 * 3_600_000
const DAY_MS = 86_400_000

/** Length as people count it: 𠮷 and an emoji are one. */
export const length = (text: string): number => Array.from(text).length

export function emptyPlan(now: number): PlanForm {
  const from = nextSlot(now)
  const start = toLocal(from)
  return {
    title: '',
    summary: '',
    lecturer_id: '',
    unit_id: '',
    audience: [],
    date: start.date,
    start: start.time,
    end: toLocal(from + 3_600_000).time,
    low_latency: false,
    rule_id: '',
    rule_now: false,
  }
}

/** The two moments of the form; an end before the start is on the next day (23:30–00:30). */
export function planTimes(form: Pick<PlanForm, 'date' | 'start' | 'end'>): { from: number; to: number } | null {
  const from = fromLocal(form.date, tidyTime(form.start) ?? '')
  const to = fromLocal(form.date, tidyTime(form.end) ?? '')
  if (from === null || to === null) return null
  return { from, to: to < from ? to + DAY_MS : to }
}

/** What is wrong, by field; empty when the plan may be sent. */
export function checkPlan(form: PlanForm, now: number, lesson: { started: boolean } = { started: false }): Partial<Record<PlanField, PlanIssue>> {
  const issues: Partial<Record<PlanField, PlanIssue>> = {}
  const title = form.title.trim()
  if (title === '') issues.title = 'title_empty'
  else if (length(title) > TITLE_MAX) issues.title = 'title_long'
  if (length(form.summary) > SUMMARY_MAX) issues.summary = 'summary_long'
  if (form.lecturer_id === '') issues.lecturer_id = 'lecturer_missing'
  if (form.unit_id === '') issues.unit_id = 'unit_missing'
  if (form.audience.length === 0) issues.audience = 'audience_missing'
  if (fromLocal(form.date, '00:00') === null) issues.date = 'date_missing'
  if (tidyTime(form.start) === null) issues.start = 'start_missing'
  if (tidyTime(form.end) === null) issues.end = 'end_missing'
  const times = planTimes(form)
  if (times) {
    const ms = times.to - times.from
    if (ms < MIN_MS) issues.end = 'too_short'
    else if (ms > MAX_MS) issues.end = 'too_long'
    if (times.to <= now) issues[lesson.started ? 'end' : 'start'] = 'start_past'
  }
  return issues
}

/** The body to send, or null while the form is not whole. */
export function planBody(form: PlanForm): PlanBody | null {
  const times = planTimes(form)
  if (!times) return null
  return {
    title: form.title.trim(),
    summary: form.summary.trim(),
    lecturer_id: form.lecturer_id,
    unit_id: form.unit_id,
    audience: [...form.audience],
    planned_start_at: times.from,
    planned_end_at: times.to,
    low_latency: form.low_latency,
    rule_id: form.rule_id || null,
  }
}

/** A planned lesson as the form shows it. */
export function formOf(lesson: PlannedLesson): PlanForm {
  const start = toLocal(lesson.planned_start_at)
  return {
    title: lesson.title,
    summary: lesson.summary,
    lecturer_id: lesson.lecturer_id,
    unit_id: lesson.unit_id,
    audience: lesson.audience.map((u) => u.id),
    date: start.date,
    start: start.time,
    end: toLocal(lesson.planned_end_at).time,
    low_latency: lesson.low_latency,
    rule_id: lesson.rule.id,
    rule_now: false,
  }
}

/** What an edit sends: only what differs, and never the unit, which a lesson keeps. `ruleNow`: the same rule in its version of now. */
export function changes(body: PlanBody, lesson: PlannedLesson | null, ruleNow = false): Partial<PlanBody> {
  const { unit_id: _kept, ...rest } = body
  if (!lesson) return rest
  const old: Omit<PlanBody, 'unit_id'> = { ...lesson, audience: lesson.audience.map((u) => u.id), rule_id: lesson.rule.id }
  const same = (key: keyof typeof rest): boolean => JSON.stringify(rest[key]) === JSON.stringify(old[key])
  return Object.fromEntries(Object.entries(rest).filter(([key]) => (key === 'rule_id' && ruleNow) || !same(key as keyof typeof rest)))
}
