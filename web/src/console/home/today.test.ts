import { describe, expect, it } from 'vitest'
import type { LessonCard } from '@/api/types'
import { decisions } from './today'

const MIN = 60_000
const lesson = (more: Partial<LessonCard>): LessonCard => ({
  id: 'l',
  title: 't',
  lecturer_name: 'n',
  unit_name: 'u',
  planned_start_at: 0,
  planned_end_at: 60 * MIN,
  phase: 'planned',
  started_at: null,
  length_ms: null,
  viewers_now: 0,
  replay_ready: false,
  poster_url: null,
  my_progress: null,
  ...more,
})
const kinds = (l: LessonCard, now: number, away: string[] = []): string[] => decisions([l], now, new Set(away)).map((d) => d.kind)

describe('what needs a decision', () => {
  it('is a lecturer who does not come, but not one a minute late, nor one of last week', () => {
    expect(kinds(lesson({}), MIN)).toEqual([])
    expect(kinds(lesson({}), 4 * MIN)).toEqual(['late'])
    expect(kinds(lesson({}), 25 * 60 * MIN)).toEqual([])
    expect(kinds(lesson({ phase: 'cancelled' }), 4 * MIN)).toEqual([])
  })

  it('is a lesson that is interrupted or does not end', () => {
    const live = lesson({ phase: 'live', started_at: 0 })
    expect(kinds(live, 30 * MIN)).toEqual([])
    expect(kinds(live, 30 * MIN, ['l'])).toEqual(['away'])
    expect(kinds(live, 71 * MIN, ['l'])).toEqual(['away', 'over'])
  })

  it('is a replay that does not come', () => {
    const ended = lesson({ phase: 'ended', started_at: 0, length_ms: 50 * MIN })
    expect(kinds(ended, 51 * MIN)).toEqual([])
    expect(kinds(ended, 53 * MIN)).toEqual(['replay'])
    expect(kinds({ ...ended, replay_ready: true }, 53 * MIN)).toEqual([])
  })
})
