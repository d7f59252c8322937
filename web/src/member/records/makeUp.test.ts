import { describe, expect, it } from 'vitest'
import type { MyRecord } from '@/api/types'
import { makeUp, merged, outside } from './makeUp'

const MIN = 60_000
const piece = (from: number, to: number) => ({ from_ms: from * MIN, to_ms: to * MIN })

function record(over: Partial<MyRecord> = {}): MyRecord {
  return {
    lesson_id: 'l',
    title: '课',
    lecturer_name: '师',
    phase: 'ended',
    planned_start_at: 0,
    started_at: 0,
    ended_at: 45 * MIN,
    progress: {
      counted_ms: 20 * MIN,
      needed_full_ms: 36 * MIN,
      needed_half_ms: 22.5 * MIN,
      lesson_ms: 45 * MIN,
      credit: 'none',
      hours_milli: 0,
    },
    coverage_bp: 4444,
    reason: 'below_half',
    lesson_ms: 45 * MIN,
    replay: 'ready',
    replay_in_ms: 0,
    replay_out_ms: null,
    gaps: [],
    counted: [piece(0, 10), piece(20, 30)],
    not_counted: [],
    ...over,
  }
}

describe('pieces for people', () => {
  it('are one where they nearly touch', () => {
    expect(
      merged([
        { from_ms: 16_500, to_ms: 30_000 },
        { from_ms: 0, to_ms: 15_000 },
      ]),
    ).toEqual([{ from_ms: 0, to_ms: 30_000 }])
    expect(
      merged([
        { from_ms: 0, to_ms: 15_000 },
        { from_ms: 18_000, to_ms: 30_000 },
      ]),
    ).toHaveLength(2)
  })
  it('leave what is outside of them', () => {
    expect(outside([piece(1, 2), piece(3, 4)], 0, 5 * MIN)).toEqual([piece(0, 1), piece(2, 3), piece(4, 5)])
    expect(outside([piece(0, 9)], 0, 5 * MIN)).toEqual([])
  })
})

describe('making up', () => {
  it('says how much is missing, why, and where to go on', () => {
    const claim = {
      lease: 'x',
      device: 'phone',
      source: 'live',
      mode: 'video',
      received_at: 0,
      claimed: piece(10, 15),
      pieces: [],
      uncorroborated: [],
      verdict: 'refused',
      reasons: ['rate_too_high'],
    } as MyRecord['not_counted'][number]
    expect(makeUp(record({ not_counted: [claim] }))).toEqual({
      neededMs: 16 * MIN,
      why: [
        { reason: 'not_heard', ms: 20 * MIN },
        { reason: 'rate_too_high', ms: 5 * MIN },
      ],
      fromMs: 10 * MIN,
    })
  })
  it('offers nothing where there is no replay, or the replay does not show it', () => {
    expect(makeUp(record({ replay: 'none' }))?.fromMs).toBeNull()
    expect(makeUp(record({ replay: 'hidden' }))?.fromMs).toBeNull()
    expect(makeUp(record({ replay_in_ms: 25 * MIN }))?.fromMs).toBe(30 * MIN)
    expect(makeUp(record({ replay_out_ms: 9 * MIN }))?.fromMs).toBeNull()
  })
  it('is silent while the lesson is on, and when it is full', () => {
    expect(makeUp(record({ phase: 'live' }))).toBeNull()
    const full = record()
    expect(makeUp({ ...full, progress: { ...full.progress, credit: 'full' } })).toBeNull()
  })
  it('points to a short piece where no more is missing', () => {
    const counted = [{ from_ms: 1200, to_ms: 5200 }]
    const tiny = record({
      lesson_ms: 6500,
      counted,
      progress: { ...record().progress, counted_ms: 4000, needed_full_ms: 5200, lesson_ms: 6500 },
    })
    expect(makeUp(tiny)).toEqual({ neededMs: 1200, why: [{ reason: 'not_heard', ms: 2500 }], fromMs: 0 })
  })
  it('does not ask for interruptions', () => {
    expect(makeUp(record({ gaps: [piece(10, 20)] }))?.fromMs).toBe(30 * MIN)
  })
})
