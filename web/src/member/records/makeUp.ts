/** Why a lesson is not full, as one reads it, and where to go on listening. Pure. */
import type { MyRecord, Piece } from '@/api/types'
import { join, type Missing } from './pieces'

/** Pieces closer than this are one for a reader. */
const NEAR_MS = 2000
/** What is shorter says nothing to a reader, unless no more is missing. */
const SHORT_MS = 5000

/** Neighbours as one: evidence is exact to the millisecond, a reader is not. */
export function merged(pieces: readonly Piece[], near = NEAR_MS): Piece[] {
  const out: Piece[] = []
  for (const piece of [...pieces].sort((a, b) => a.from_ms - b.from_ms)) {
    const last = out.at(-1)
    if (last && piece.from_ms - last.to_ms <= near) last.to_ms = Math.max(last.to_ms, piece.to_ms)
    else out.push({ ...piece })
  }
  return out
}

/** What of `[from, to)` is in none of the pieces. */
export function outside(pieces: readonly Piece[], from: number, to: number): Piece[] {
  const out: Piece[] = []
  let at = from
  for (const piece of merged(pieces, 0)) {
    if (piece.from_ms > at) out.push({ from_ms: at, to_ms: Math.min(piece.from_ms, to) })
    at = Math.max(at, piece.to_ms)
    if (at >= to) break
  }
  if (at < to) out.push({ from_ms: at, to_ms: to })
  return out.filter((piece) => piece.to_ms > piece.from_ms)
}

export interface Why {
  /** A code of the evidence, or `not_heard`: nothing was claimed there. */
  reason: string
  ms: number
}

export interface MakeUp {
  /** Until full credit. */
  neededMs: number
  /** Longest first. */
  why: Why[]
  /** Where the replay would add something first; null: it can't. */
  fromMs: number | null
}

/** Null where nothing is missing, or the lesson is not over. */
export function makeUp(record: MyRecord): MakeUp | null {
  const { progress } = record
  const neededMs = Math.max(0, progress.needed_full_ms - progress.counted_ms)
  if (record.phase !== 'ended' || progress.credit === 'full' || neededMs === 0) return null
  const short = Math.min(SHORT_MS, neededMs)
  const have = [...record.counted, ...record.gaps]
  const missing = outside(merged(have), 0, record.lesson_ms).filter((piece) => piece.to_ms - piece.from_ms >= short)
  const claimed = join(record.not_counted)
  const why = new Map<string, number>()
  const add = (reason: string, ms: number) => ms > 0 && why.set(reason, (why.get(reason) ?? 0) + ms)
  for (const piece of missing) {
    let known = 0
    for (const claim of claimed) {
      const ms = overlap(piece, claim)
      if (ms === 0) continue
      known += ms
      add(claim.reasons[0] ?? 'other', ms)
    }
    add('not_heard', piece.to_ms - piece.from_ms - known)
  }
  const reasons = [...why]
    .map(([reason, ms]) => ({ reason, ms }))
    .filter((w) => w.ms >= short)
    .sort((a, b) => b.ms - a.ms)
  const shown = outside(
    [
      { from_ms: -1, to_ms: record.replay_in_ms },
      { from_ms: record.replay_out_ms ?? record.lesson_ms, to_ms: Number.MAX_SAFE_INTEGER },
    ],
    0,
    record.lesson_ms,
  )
  const open = missing.flatMap((piece) =>
    shown
      .map((s) => ({ from_ms: Math.max(piece.from_ms, s.from_ms), to_ms: Math.min(piece.to_ms, s.to_ms) }))
      .filter((p) => p.to_ms - p.from_ms >= short),
  )
  return { neededMs, why: reasons, fromMs: record.replay === 'ready' ? (open[0]?.from_ms ?? null) : null }
}

const overlap = (a: Piece, b: Missing): number => Math.max(0, Math.min(a.to_ms, b.to_ms) - Math.max(a.from_ms, b.from_ms))

/** The replay of a lesson resumes where one was: this sets that place. */
export function beginAt(lessonId: string, ms: number): void {
  try {
    localStorage.setItem(`yunke.at.${lessonId}`, String(Math.max(0, Math.floor(ms))))
  } catch {
    // Storage is blocked: it begins at the start.
  }
}
