/** Positions of a lesson: where what is shown begins and ends, and where a player starts. Pure. */
import type { StartAt } from './engine'
import type { PlayerState } from './state'

type Shown = Pick<PlayerState, 'inMs' | 'outMs' | 'room' | 'source'>

/** A recording that stands this close to its end is over. */
const LAST_MS = 300
/** A replay bookmark this close to the end starts from the beginning. */
const BOOKMARK_END_MS = 15_000

export const startMs = ({ source, inMs }: Shown): number => (source === 'replay' ? inMs : 0)

export function endMs({ room, source, outMs }: Shown): number | null {
  const length = room?.edge_ms ?? null
  return source === 'replay' ? (outMs ?? length) : length
}

/** A last segment of a few hundredths of a second is not always played; nobody waits for it. */
export function atEnd(shown: Shown, at: number | null): boolean {
  const end = endMs(shown)
  return at !== null && end !== null && at >= end - LAST_MS
}

/** A position of the replay; the media element counts from about where it begins. */
export function startAt({ room, inMs }: Shown, ms: number): StartAt {
  const zero = room?.zero_at ?? null
  const from = Math.max(ms, inMs)
  return { date: zero === null ? null : zero + from, guessMs: from - inMs }
}

export function fromBookmark(shown: Shown, bookmark: number | null): StartAt {
  const end = endMs(shown)
  const kept = bookmark ?? 0
  const over = end !== null && kept > end - BOOKMARK_END_MS
  return startAt(shown, over ? 0 : kept)
}
