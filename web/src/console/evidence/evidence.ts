/**
 * One member's evidence for one lesson, made ready to draw: intervals that tell the same story are
 * put together, and everything gets its place on the lesson's time axis. It only shows what the
 * server decided; it must never compute a credit.
 */
import type { Piece } from '@/api/types'
import type { EvidenceInterval } from './api'

export type Span = Piece

/** Neighbouring intervals of one lease with the same verdict and reason. */
export interface EvidenceRun extends EvidenceInterval {
  count: number
  received_to: number
}

/** Claims this close together are one run: players report whole milliseconds of a moving position. */
const JOIN_MS = 250

function joins(run: EvidenceRun, next: EvidenceInterval): boolean {
  return (
    run.lease === next.lease &&
    run.source === next.source &&
    run.mode === next.mode &&
    run.verdict === next.verdict &&
    run.verdict !== 'clamped' &&
    run.reasons.join() === next.reasons.join() &&
    Math.abs(next.claimed.from_ms - run.claimed.to_ms) <= JOIN_MS
  )
}

/** Puts neighbours together; the order of receipt stays. Reports of no length (a pause, a seek) tell nothing here. */
export function runs(intervals: readonly EvidenceInterval[]): EvidenceRun[] {
  const out: EvidenceRun[] = []
  const open = new Map<string, EvidenceRun>()
  for (const next of intervals) {
    if (next.claimed.from_ms === next.claimed.to_ms) continue
    const run = open.get(next.lease)
    if (run && joins(run, next)) {
      run.claimed.to_ms = next.claimed.to_ms
      run.pieces = next.verdict === 'accepted' ? [{ ...run.claimed }] : []
      run.uncorroborated = union([...run.uncorroborated, ...next.uncorroborated])
      run.count += 1
      run.received_to = next.received_at
      continue
    }
    const fresh: EvidenceRun = {
      ...next,
      claimed: { ...next.claimed },
      pieces: next.pieces.map((p) => ({ ...p })),
      uncorroborated: next.uncorroborated.map((p) => ({ ...p })),
      count: 1,
      received_to: next.received_at,
    }
    open.set(next.lease, fresh)
    out.push(fresh)
  }
  return out
}

/** Union of spans, ascending and disjoint. */
export function union(spans: readonly Span[]): Span[] {
  const sorted = spans.filter((s) => s.to_ms > s.from_ms).sort((a, b) => a.from_ms - b.from_ms)
  const out: Span[] = []
  for (const span of sorted) {
    const last = out.at(-1)
    if (last && span.from_ms <= last.to_ms) last.to_ms = Math.max(last.to_ms, span.to_ms)
    else out.push({ ...span })
  }
  return out
}

/** What is left of a span when the pieces are taken out. */
export function without(span: Span, pieces: readonly Span[]): Span[] {
  const out: Span[] = []
  let from = span.from_ms
  for (const piece of union(pieces)) {
    if (piece.from_ms > from) out.push({ from_ms: from, to_ms: Math.min(piece.from_ms, span.to_ms) })
    from = Math.max(from, piece.to_ms)
  }
  if (from < span.to_ms) out.push({ from_ms: from, to_ms: span.to_ms })
  return out
}

/** What two sets of spans share. */
export function shared(spans: readonly Span[], others: readonly Span[]): Span[] {
  return spans.flatMap((s) => union(others).map((o) => ({ from_ms: Math.max(s.from_ms, o.from_ms), to_ms: Math.min(s.to_ms, o.to_ms) }))).filter((s) => s.to_ms > s.from_ms)
}

/** A reversed claim is shown where it lies. */
const forward = (s: Span): Span => ({ from_ms: Math.min(s.from_ms, s.to_ms), to_ms: Math.max(s.from_ms, s.to_ms) })

/** Milliseconds that count of a run. */
export const countedMs = (run: EvidenceInterval): number => run.pieces.reduce((sum, p) => sum + p.to_ms - p.from_ms, 0)

/** `unseen` counts, but no media node delivered it. */
export type Mark = 'accepted' | 'unseen' | 'cut' | 'refused'

export interface Bar {
  x: number
  width: number
  mark: Mark
  run: EvidenceRun
}

export interface Lane {
  lease: string
  device: string
  bars: Bar[]
}

export interface Tick {
  x: number
  minutes: number
}

export interface Drawing {
  width: number
  lanes: Lane[]
  counted: { x: number; width: number }[]
  gaps: { x: number; width: number }[]
  ticks: Tick[]
}

const STEPS_MIN = [1, 2, 5, 10, 15, 30, 60, 120]
const MAX_TICKS = 9

/** Minutes between two ticks, so that at most nine stand on the axis. */
export function tickStep(lengthMs: number): number {
  const minutes = lengthMs / 60_000
  return STEPS_MIN.find((s) => minutes / s <= MAX_TICKS) ?? Math.ceil(minutes / MAX_TICKS / 60) * 60
}

/**
 * Everything at its place; a bar that would be thinner than a pixel is drawn as one. `counted` is what counts of all reports,
 * also of those that are not among `all`.
 */
export function draw(all: readonly EvidenceRun[], counted: readonly Span[], lessonMs: number, gaps: readonly Span[], width: number): Drawing {
  const length = Math.max(lessonMs, 1)
  const x = (ms: number): number => (Math.min(Math.max(ms, 0), length) / length) * width
  const place = (s: Span): { x: number; width: number } => {
    const from = x(s.from_ms)
    const wide = Math.max(x(s.to_ms) - from, 1)
    return { x: Math.min(from, width - wide), width: wide }
  }
  const lanes: Lane[] = []
  for (const run of all) {
    let lane = lanes.find((l) => l.lease === run.lease)
    if (!lane) {
      lane = { lease: run.lease, device: run.device, bars: [] }
      lanes.push(lane)
    }
    if (run.pieces.length === 0) {
      lane.bars.push({ ...place(forward(run.claimed)), mark: 'refused', run })
      continue
    }
    for (const cut of without(run.claimed, run.pieces)) lane.bars.push({ ...place(cut), mark: 'cut', run })
    for (const piece of run.pieces.flatMap((p) => without(p, shared([p], run.uncorroborated)))) lane.bars.push({ ...place(piece), mark: 'accepted', run })
    for (const piece of shared(run.pieces, run.uncorroborated)) lane.bars.push({ ...place(piece), mark: 'unseen', run })
  }
  const step = tickStep(length)
  const ticks: Tick[] = []
  for (let minutes = 0; minutes * 60_000 <= length; minutes += step) ticks.push({ x: x(minutes * 60_000), minutes })
  return {
    width,
    lanes,
    counted: union(counted).map(place),
    gaps: union(gaps).map(place),
    ticks,
  }
}
