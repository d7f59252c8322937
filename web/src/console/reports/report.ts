/** What a report shows of its figures. Pure. */
import { WHO, type ReportFigures, type Who } from './api'

export const METRICS = ['visits', 'attended', 'rate', 'people', 'hours', 'lessons'] as const
export type Metric = (typeof METRICS)[number]

/** The figure of a metric as a chart draws it; null: there is none, which is not 0. */
export function figureOf(figures: ReportFigures, metric: Metric): number | null {
  if (metric === 'rate') return figures.rate_bp === null || figures.rate_bp === undefined ? null : figures.rate_bp / 100
  if (metric === 'hours') return figures.hours_milli / 1000
  return figures[metric]
}

/** How much more or less than before; null: there is nothing to compare. A rate is compared in percentage points. */
export function change(now: number | null, before: number | null): { kind: 'up' | 'down' | 'same'; by: number } | null {
  if (now === null || before === null) return null
  const by = Math.round((now - before) * 100) / 100
  return { kind: by > 0 ? 'up' : by < 0 ? 'down' : 'same', by: Math.abs(by) }
}

/** Months that have begun; a chart has no bars for those to come. */
export const begun = <T>(values: readonly (T | null)[], months: number): (T | null)[] => values.map((value, at) => (at < months ? value : null))

/** The years that can be chosen: this one and four before it, and the one that is shown. */
export function yearsAround(now: number, shown: number): number[] {
  const all = [0, 1, 2, 3, 4].map((back) => now - back)
  return [...new Set([...all, shown])].sort((a, b) => b - a)
}

/** Average credit hours × 1000, rounded to tenths of an hour. */
export const average = (hoursMilli: number, members: number): number => (members === 0 ? 0 : Math.round(hoursMilli / members / 100) * 100)

export interface Filter {
  year?: number
  unit?: string
  month?: number
  who?: Who
  kind?: 'lesson' | 'episode'
}

/** The filter that an address names; what it names wrongly is not there. */
export function filterOf(query: Record<string, unknown>): Filter {
  const whole = (value: unknown, from: number, to: number) => {
    const n = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : Number.NaN
    return n >= from && n <= to ? n : undefined
  }
  return {
    year: whole(query.year, 2000, 2100),
    unit: typeof query.unit === 'string' && query.unit !== '' ? query.unit : undefined,
    month: whole(query.month, 1, 12),
    who: WHO.find((who) => who === query.who),
    kind: query.kind === 'episode' ? 'episode' : undefined,
  }
}

/** The same as an address says it. */
export function queryOf(filter: Filter): Record<string, string> {
  return Object.fromEntries(Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])))
}
