import { describe, expect, it } from 'vitest'
import type { EvidenceInterval } from './api'
import { countedMs, draw, runs, tickStep, union, without } from './evidence'

const beat = (from: number, to: number, more: Partial<EvidenceInterval> = {}): EvidenceInterval => ({
  lease: 'A',
  device: 'phone',
  source: 'live',
  mode: 'video',
  verdict: 'accepted',
  reasons: [],
  claimed: { from_ms: from, to_ms: to },
  pieces: [{ from_ms: from, to_ms: to }],
  uncorroborated: [],
  received_at: to,
  ...more,
})
const MIN = 60_000

describe('runs of evidence', () => {
  it('puts neighbours with one story together', () => {
    const out = runs([beat(0, 15_000), beat(15_001, 30_000), beat(40_000, 55_000)])
    expect(out.map((r) => [r.claimed.from_ms, r.claimed.to_ms, r.count])).toEqual([
      [0, 30_000, 2],
      [40_000, 55_000, 1],
    ])
    expect(out[0]?.received_to).toBe(30_000)
  })

  it('keeps leases, verdicts and reasons apart', () => {
    const refused = { verdict: 'refused' as const, reasons: ['too_fast'], pieces: [] }
    const out = runs([beat(0, 10), beat(10, 20, { lease: 'B' }), beat(10, 20), beat(20, 30, refused)])
    expect(out.map((r) => `${r.lease}${r.verdict[0]}${r.count}`)).toEqual(['Aa2', 'Ba1', 'Ar1'])
  })

  it('cuts a gap out of the middle, and leaves pauses out', () => {
    const pieces = [{ from_ms: 0, to_ms: 2 * MIN }, { from_ms: 4 * MIN, to_ms: 5 * MIN }]
    const run = runs([beat(5, 5), beat(0, 5 * MIN, { verdict: 'clamped', reasons: ['in_gap'], pieces })])
    expect(run).toHaveLength(1)
    expect(countedMs(run[0]!)).toBe(3 * MIN)
    expect(without(run[0]!.claimed, run[0]!.pieces)).toEqual([{ from_ms: 2 * MIN, to_ms: 4 * MIN }])
  })

  it('keeps what nobody delivered apart from what was', () => {
    const unseen = { reasons: ['uncorroborated'] }
    const out = runs([
      beat(0, 10 * MIN),
      beat(10 * MIN, 20 * MIN, { ...unseen, uncorroborated: [{ from_ms: 15 * MIN, to_ms: 20 * MIN }] }),
      beat(20 * MIN, 30 * MIN, { ...unseen, uncorroborated: [{ from_ms: 20 * MIN, to_ms: 30 * MIN }] }),
      beat(30 * MIN, 40 * MIN, { ...unseen, verdict: 'refused', pieces: [], uncorroborated: [{ from_ms: 30 * MIN, to_ms: 40 * MIN }] }),
    ])
    expect(out.map((r) => [r.count, r.uncorroborated])).toEqual([
      [1, []],
      [2, [{ from_ms: 15 * MIN, to_ms: 30 * MIN }]],
      [1, [{ from_ms: 30 * MIN, to_ms: 40 * MIN }]],
    ])
    const d = draw(out, out.flatMap((r) => r.pieces), 40 * MIN, [], 400)
    expect(d.lanes[0]?.bars.map((b) => [b.mark, b.x, b.width])).toEqual([
      ['accepted', 0, 100],
      ['accepted', 100, 50],
      ['unseen', 150, 150],
      ['refused', 300, 100],
    ])
    expect(d.counted).toEqual([{ x: 0, width: 300 }])
  })

  it('shows a reversed claim where it lies', () => {
    const d = draw(runs([beat(6 * MIN, 2 * MIN, { verdict: 'refused', pieces: [] })]), [], 10 * MIN, [], 100)
    expect(d.lanes[0]?.bars[0]).toMatchObject({ x: 20, width: 40, mark: 'refused' })
  })

  it('does not change what it was given', () => {
    const first = beat(0, 10)
    runs([first, beat(10, 20)])
    expect(first.claimed.to_ms).toBe(10)
  })
})

describe('the drawing', () => {
  it('shows what was cut beside what counted', () => {
    const clamped = beat(0, 10 * MIN, { verdict: 'clamped', reasons: ['too_fast'], pieces: [{ from_ms: 9 * MIN, to_ms: 10 * MIN }] })
    const d = draw(runs([clamped]), clamped.pieces, 10 * MIN, [{ from_ms: MIN, to_ms: 2 * MIN }], 1000)
    expect(d.lanes[0]?.bars.map((b) => [b.mark, b.x, b.width])).toEqual([
      ['cut', 0, 900],
      ['accepted', 900, 100],
    ])
    expect(d.counted).toEqual([{ x: 900, width: 100 }])
    expect(d.gaps).toEqual([{ x: 100, width: 100 }])
    expect(d.ticks.map((t) => t.minutes)).toEqual([0, 2, 4, 6, 8, 10])
  })

  it('keeps forged positions on the paper and thin ones visible', () => {
    const d = draw(runs([beat(-5_000, 99 * MIN), beat(10 * MIN - 1, 10 * MIN, { lease: 'B' })]), [], 10 * MIN, [], 1000)
    for (const lane of d.lanes)
      for (const bar of lane.bars) {
        expect(bar.x).toBeGreaterThanOrEqual(0)
        expect(bar.x + bar.width).toBeLessThanOrEqual(1000)
        expect(bar.width).toBeGreaterThanOrEqual(1)
      }
  })

  it('counts overlapping devices once', () => {
    expect(union([{ from_ms: 5, to_ms: 9 }, { from_ms: 0, to_ms: 6 }, { from_ms: 3, to_ms: 3 }])).toEqual([{ from_ms: 0, to_ms: 9 }])
  })

  it('keeps the axis readable for any length', () => {
    for (const minutes of [0.5, 1, 9, 10, 45, 60, 180, 600, 1500]) {
      const d = draw([], [], minutes * MIN, [], 800)
      expect(d.ticks.length).toBeLessThanOrEqual(10)
    }
    expect(tickStep(60 * MIN)).toBe(10)
  })
})
