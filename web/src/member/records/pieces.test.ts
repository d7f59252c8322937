import { describe, expect, it } from 'vitest'
import type { EvidenceInterval } from '@/api/types'
import { join, share } from './pieces'

const interval = (from: number, to: number, pieces: [number, number][], reasons = ['too_fast']): EvidenceInterval => ({
  lease: 'l',
  device: 'phone',
  source: 'live',
  mode: 'video',
  received_at: 0,
  verdict: 'clamped',
  reasons,
  claimed: { from_ms: from, to_ms: to },
  uncorroborated: [],
  pieces: pieces.map(([a, b]) => ({ from_ms: a, to_ms: b })),
})

describe('what does not count', () => {
  it('is the claim without what counts of it', () => {
    expect(join([interval(0, 10_000, [[4000, 8000]])]).map((m) => [m.from_ms, m.to_ms])).toEqual([
      [0, 4000],
      [8000, 10_000],
    ])
    expect(join([interval(0, 10_000, [])]).map((m) => [m.from_ms, m.to_ms])).toEqual([[0, 10_000]])
    expect(join([interval(0, 10_000, [[0, 10_000]])])).toEqual([])
  })
  it('is one line for neighbours with one reason', () => {
    expect(join([interval(15_000, 30_000, []), interval(0, 15_000, [])]).map((m) => [m.from_ms, m.to_ms])).toEqual([[0, 30_000]])
    expect(join([interval(0, 15_000, []), interval(15_000, 30_000, [], ['in_gap'])])).toHaveLength(2)
  })
  it('stays on the bar', () => {
    expect(share({ from_ms: 500, to_ms: 2000 }, 1000)).toEqual({ left: '50%', width: '50%' })
    expect(share({ from_ms: 0, to_ms: 0 }, 0)).toEqual({ left: '0%', width: '0%' })
  })
})
