/** The text that follows the voice: which line is spoken, and whether the page may scroll to it. */
import type { Cue } from './types'

/** After scrolling by itself the page scrolls on for a moment; that is not a hand. */
export const OWN_SCROLL_MS = 900

/** The line at `ms`: the last one that has begun, also through a silence after it; -1 before the first. `cues` in order. */
export function cueAt(cues: readonly Cue[], ms: number): number {
  let [low, high] = [0, cues.length - 1]
  let found = -1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (cues[middle]!.from_ms <= ms) {
      found = middle
      low = middle + 1
    } else high = middle - 1
  }
  return found
}

/** A hand on the text stops the following until it is asked for again. */
export class Follow {
  on = true
  private ownUntil = Number.NEGATIVE_INFINITY

  /** The page is about to scroll by itself. */
  scrolls(now: number): void {
    this.ownUntil = now + OWN_SCROLL_MS
  }

  /** The text moved. True: somebody did it. */
  moved(now: number): boolean {
    if (now < this.ownUntil) return false
    this.on = false
    return true
  }

  /** A finger, a wheel or a key: certainly somebody. */
  touched(): void {
    this.on = false
  }

  again(): void {
    this.on = true
  }
}
