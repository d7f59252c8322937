/** Which old copies go. Pure. */
import type { Copy } from './store'

export const KEEP_MS = 30 * 24 * 3600_000
/** What a long lesson needs; below this the lecturer is warned. */
export const ENOUGH_BYTES = 2_000_000_000

/** What is known of a lesson: over, still to be finished, not ours to know any more, or not answered. */
export type LessonState = 'over' | 'unfinished' | 'unknown' | 'no_answer'

/** Copies worth asking about: old ones, and all while space is short. */
export function suspects(copies: readonly Copy[], now: number, free: number | null): Copy[] {
  const short = free !== null && free < ENOUGH_BYTES
  return copies.filter((copy) => short || now - copy.started_at > KEEP_MS)
}

/** Oldest first, no more than needed; never one of a lesson that is not over. */
export function toRemove(copies: readonly Copy[], now: number, free: number | null, stateOf: (lesson: string) => LessonState): Copy[] {
  let missing = free === null ? 0 : ENOUGH_BYTES - free
  const gone: Copy[] = []
  for (const copy of [...copies].sort((a, b) => a.started_at - b.started_at)) {
    const state = stateOf(copy.lesson)
    const old = now - copy.started_at > KEEP_MS
    const goes = state === 'over' ? old || missing > 0 : state === 'unknown' && old
    if (!goes) continue
    gone.push(copy)
    missing -= copy.bytes
  }
  return gone
}
