/** Whether a live connection still delivers media: the engine reports that nothing moves, this decides how long that is acceptable. */

/** Timeout after which standing still is more than buffering. */
export const LONG_MS = 3000
/** Timeout after which a connection that delivers nothing, although the lecturer is there, is given up. */
const SILENT_MS = 6000

export class Flow {
  /** Since when nothing moves. */
  private since: number | null = null

  reset(): void {
    this.since = null
  }

  moves(moving: boolean, at: number): void {
    this.since = moving ? null : at
  }

  check(at: number, lecturerAway: boolean): 'fine' | 'standing' | 'lost' {
    if (this.since === null) return 'fine'
    const ms = at - this.since
    if (lecturerAway) {
      // There is nothing to deliver; when the lecturer is back, the count restarts.
      this.since = at
      return 'standing'
    }
    if (ms >= SILENT_MS) return 'lost'
    return ms >= LONG_MS ? 'standing' : 'fine'
  }
}
