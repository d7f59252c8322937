/**
 * What to do when the picture stands still although it should move. Pure: given the state of playback once a second, it returns
 * with the mildest cure that has not been tried in this stall.
 */
export type Cure = 'none' | 'jump' | 'resume' | 'reload'

export interface Condition {
  /** The member wants it to play, and the element is not seeking by order. */
  wanted: boolean
  positionMs: number
  /** Monotonic clock. */
  at: number
  source: 'live' | 'replay'
  behindLiveMs: number | null
  /** No media arrives at the service: waiting is all there is to do. */
  lecturerAway: boolean
}

const JUMP_AFTER_MS = 2000
const RESUME_AFTER_MS = 5000
const RELOAD_AFTER_MS = 9000
/** Just after an outage of the lecturer the buffer ends at a gap: what a jump over it does not cure, asking again does not. */
const RELOAD_AFTER_OUTAGE_MS = 4000
const JUST_AFTER_MS = 15_000
/** After a reload it gets this long before the next one. */
const RELOAD_EVERY_MS = 8000

export class Watchdog {
  private since: number | null = null
  private lastMs = Number.NaN
  private tried: Cure = 'none'
  private reloadedAt = 0
  /** Until then it is just after an outage of the lecturer. A jump moves the position, so moving does not end it. */
  private afterOutageUntil = 0

  /** How long it has stood still, milliseconds. */
  stalledMs(at: number): number {
    return this.since === null ? 0 : at - this.since
  }

  reset(): void {
    this.since = null
    this.tried = 'none'
    this.lastMs = Number.NaN
  }

  check(now: Condition): Cure {
    if (!now.wanted || now.positionMs !== this.lastMs) {
      this.reset()
      this.lastMs = now.positionMs
      return 'none'
    }
    this.since ??= now.at - 1000
    const stalled = now.at - this.since
    if (now.lecturerAway) {
      // Nothing to fetch. When the picture is back, the count restarts.
      this.since = now.at - 1000
      this.tried = 'none'
      this.afterOutageUntil = now.at + JUST_AFTER_MS
      return 'none'
    }
    const reloadAfter = now.at < this.afterOutageUntil ? RELOAD_AFTER_OUTAGE_MS : RELOAD_AFTER_MS
    if (stalled >= reloadAfter && (this.tried !== 'reload' || now.at - this.reloadedAt >= RELOAD_EVERY_MS)) {
      this.reloadedAt = now.at
      return this.try('reload')
    }
    if (stalled >= RESUME_AFTER_MS && (this.tried === 'none' || this.tried === 'jump')) return this.try('resume')
    const edgeMovedOn = now.source === 'live' && now.behindLiveMs !== null && now.behindLiveMs > 1500
    if (stalled >= JUMP_AFTER_MS && this.tried === 'none' && edgeMovedOn) return this.try('jump')
    return 'none'
  }

  private try(cure: Cure): Cure {
    this.tried = cure
    return cure
  }
}
