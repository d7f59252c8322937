/** Whether a connection that is alive still brings media: its engine says when nothing moves, this says for how long that may be. */

/** Standing still for this long is more than buffering. */
export const LONG_MS = 3000
/** A connection that brings nothing, although the lecturer is there, is given up after this. */
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
      // There is nothing to bring; when the lecturer is back, the count begins again.
      this.since = at
      return 'standing'
    }
    if (ms >= SILENT_MS) return 'lost'
    return ms >= LONG_MS ? 'standing' : 'fine'
  }
}
