/** Turning the intervals of a record into what a person reads: neighbours with the same reason are one line. */
import type { EvidenceInterval, Piece } from '@/api/types'

/** Pieces closer than this are one. */
const NEAR_MS = 2000

export type Missing = Piece & Pick<EvidenceInterval, 'source' | 'mode' | 'reasons'>

/** What was claimed and does not count: claims less the pieces that do, joined. */
export function join(intervals: readonly EvidenceInterval[]): Missing[] {
  const missing = intervals.flatMap((interval) =>
    without(interval.claimed, interval.pieces).map((piece) => ({
      ...piece,
      source: interval.source,
      mode: interval.mode,
      reasons: interval.reasons,
    })),
  )
  missing.sort((a, b) => a.from_ms - b.from_ms)
  const joined: Missing[] = []
  for (const piece of missing) {
    const last = joined.at(-1)
    const same = last && last.source === piece.source && last.mode === piece.mode && last.reasons.join() === piece.reasons.join()
    if (same && piece.from_ms - last.to_ms <= NEAR_MS) last.to_ms = Math.max(last.to_ms, piece.to_ms)
    else joined.push({ ...piece })
  }
  return joined
}

function without(claimed: Piece, pieces: readonly Piece[]): Piece[] {
  const rest: Piece[] = []
  let at = claimed.from_ms
  for (const piece of [...pieces].sort((a, b) => a.from_ms - b.from_ms)) {
    if (piece.from_ms > at) rest.push({ from_ms: at, to_ms: Math.min(piece.from_ms, claimed.to_ms) })
    at = Math.max(at, piece.to_ms)
  }
  if (at < claimed.to_ms) rest.push({ from_ms: at, to_ms: claimed.to_ms })
  return rest
}

/** Where a piece stands on a bar that is the whole lesson. */
export function share(piece: Piece, lessonMs: number): { left: string; width: string } {
  const whole = Math.max(1, lessonMs)
  const left = Math.min(100, Math.max(0, (100 * piece.from_ms) / whole))
  const width = Math.min(100 - left, Math.max(0, (100 * (piece.to_ms - piece.from_ms)) / whole))
  return { left: `${left}%`, width: `${width}%` }
}
