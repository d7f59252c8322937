import { describe, expect, it } from 'vitest'
import type { RoomState } from '@/api/types'
import { atEnd, endMs, fromBookmark, startAt, startMs } from './place'

const room = { zero_at: 1_000_000, edge_ms: 600_000 } as RoomState
const live = { room, source: 'live', inMs: 30_000, outMs: 500_000 } as const
const replay = { ...live, source: 'replay' } as const

describe('places of a lesson', () => {
  it('are trimmed in a replay, and whole live', () => {
    expect([startMs(live), endMs(live)]).toEqual([0, 600_000])
    expect([startMs(replay), endMs(replay)]).toEqual([30_000, 500_000])
    expect(endMs({ ...replay, outMs: null })).toBe(600_000)
  })

  it('are at the end a moment before it', () => {
    expect([null, 499_000, 499_700].map((at) => atEnd(replay, at))).toEqual([false, false, true])
    expect(atEnd({ ...live, room: null }, 1)).toBe(false)
  })

  it('start where the replay was left, but for its last seconds, and never before what is shown', () => {
    expect(fromBookmark(replay, 100_000)).toEqual({ date: 1_100_000, guessMs: 70_000 })
    expect(fromBookmark(replay, 490_000)).toEqual({ date: 1_030_000, guessMs: 0 })
    expect(startAt(replay, 10)).toEqual({ date: 1_030_000, guessMs: 0 })
    expect(startAt({ ...replay, room: null }, 40_000)).toEqual({ date: null, guessMs: 10_000 })
  })
})
