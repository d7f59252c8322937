/** Export jobs: what can be asked for, and what a job says. Pure. */
import { toLocal } from '@/console/lessons/time'
import type { ExportJob, ExportKind } from './api'

/** In the order of how often they are needed. */
export const KINDS = ['detail', 'lessons', 'branches', 'year', 'intervals', 'corrections'] as const satisfies readonly ExportKind[]

/** Whole years only. */
export const isYearly = (kind: ExportKind): boolean => kind === 'year'

/** Not one that ended. */
export const isUnderWay = (job: ExportJob): boolean => job.state === 'queued' || job.state === 'running'

/** This year and those before it, as the centres' calendar has them. */
export function yearsOf(now: number, many = 5): number[] {
  const year = Number(toLocal(now).date.slice(0, 4))
  return Array.from({ length: many }, (_, n) => year - n)
}

/** The month of a moment there, 1 to 12. */
export const monthOf = (now: number): number => Number(toLocal(now).date.slice(5, 7))

/** How much of it is done, in whole percent; null: not known yet. */
export function percent({ done, total }: ExportJob): number | null {
  return done === null || total === null || total <= 0 ? null : Math.min(99, Math.floor((100 * done) / total))
}

export interface Wish {
  kind: ExportKind
  format: 'xlsx' | 'csv'
  year: number
  /** 0: the whole year. */
  month: number
  /** Empty: everything one organizes. */
  unit: string
}

/** What is sent of a wish. */
export const requestOf = ({ kind, format, year, month, unit }: Wish) => ({
  kind,
  format,
  year,
  ...(month > 0 && !isYearly(kind) ? { month } : {}),
  ...(unit ? { unit_id: unit } : {}),
})
