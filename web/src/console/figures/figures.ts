/** What is asked of the figures and what they say. Pure. */
import { fromLocal, toLocal } from '@/console/lessons/time'

export const SPANS = ['all', 'year', 'month', 'days30'] as const
export type SpanName = (typeof SPANS)[number]

/** UTC milliseconds; what is missing is not bounded. */
export interface Span {
  from?: number
  until?: number
}

const DAY_MS = 86_400_000

/** Days are those of the centre: a year begins at midnight in Beijing. */
export function spanOf(name: SpanName, now: number): Span {
  const { date } = toLocal(now)
  const midnight = (day: string) => fromLocal(day, '00:00') ?? undefined
  if (name === 'year') return { from: midnight(`${date.slice(0, 4)}-01-01`) }
  if (name === 'month') return { from: midnight(`${date.slice(0, 7)}-01`) }
  if (name === 'days30') return { from: midnight(toLocal(now - 29 * DAY_MS).date) }
  return {}
}

/** Of a hundred who listened, how many heard an end; null: nobody listened. Over many episodes a person has many ends. */
export function completion(completions: number, listeners: number): number | null {
  return listeners === 0 ? null : Math.min(100, Math.round((100 * completions) / listeners))
}

export interface Stop {
  /** Position in the episode, milliseconds. */
  atMs: number
  /** How many fewer people heard what comes after. */
  lost: number
}

/** Where most people stopped, at most `most`, in the order of the episode. A small change of few people is none. */
export function stops(curve: readonly number[], lengthMs: number, most = 3): Stop[] {
  const part = lengthMs / curve.length
  const peak = Math.max(0, ...curve)
  const least = Math.max(1, peak / 20)
  return curve
    .slice(1)
    .map((now, at) => ({ atMs: Math.round((at + 1) * part), lost: curve[at]! - now }))
    .filter(({ lost }) => lost >= least)
    .sort((a, b) => b.lost - a.lost || a.atMs - b.atMs)
    .slice(0, most)
    .sort((a, b) => a.atMs - b.atMs)
}
