import { describe, expect, it } from 'vitest'
import type { ExportJob } from './api'
import { isUnderWay, monthOf, percent, requestOf, yearsOf } from './jobs'

const job = (over: Partial<ExportJob>): ExportJob => ({ state: 'running', done: null, total: null, ...over }) as ExportJob

describe('the time of an export', () => {
  // 1 January 2027, 00:30 in Beijing; still 2026 in London.
  const now = Date.UTC(2026, 11, 31, 16, 30)
  it('is of the calendar in Beijing', () => {
    expect(yearsOf(now, 2)).toEqual([2027, 2026])
    expect(monthOf(now)).toBe(1)
  })
})

describe('a wish', () => {
  const wish = { kind: 'lessons', format: 'xlsx', year: 2027, month: 3, unit: '' } as const
  it('names no month where it is of a whole year, and no unit where it is of all', () => {
    expect(requestOf(wish)).toEqual({ kind: 'lessons', format: 'xlsx', year: 2027, month: 3 })
    expect(requestOf({ ...wish, kind: 'year', unit: 'u' })).toEqual({ kind: 'year', format: 'xlsx', year: 2027, unit_id: 'u' })
    expect(requestOf({ ...wish, month: 0 })).toEqual({ kind: 'lessons', format: 'xlsx', year: 2027 })
  })
})

describe('a job', () => {
  it('is never said to be done before it is', () => {
    expect([percent(job({})), percent(job({ done: 1, total: 3 })), percent(job({ done: 3, total: 3 }))]).toEqual([null, 33, 99])
  })
  it('is under way until it ended', () => {
    expect((['queued', 'running', 'ready', 'failed', 'cancelled', 'expired'] as const).filter((state) => isUnderWay(job({ state })))).toEqual(['queued', 'running'])
  })
})
