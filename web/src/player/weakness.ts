/**
 * Whether the network is too weak for a picture, and when the picture is tried again. Pure: given samples of the connection at regular intervals.
 * It falls after seconds, and comes back only to a line with ample room; nothing of it is remembered beyond the visit.
 */

export interface LineSample {
  /** Monotonic clock. */
  at: number
  /** It should move and does not, and it is not the lecturer's end. */
  stalled: boolean
  /** It has played since it was opened. */
  begun: boolean
  /** The network is measured; where it is, nothing measured means that nothing is on its way. */
  measured: boolean
  /** What the network carries, and what the smallest picture with its sound takes, bits per second; null: not known. */
  bps: number | null
  needBps: number | null
}

const LOOK_BACK_MS = 30_000
/** Having stood this long is enough on a line that is measured too narrow; longer while it begins. */
const STALL_MS = 2000
const BEGIN_MS = 4000
/** Number and total length of stalls on a connection whose measured rate is barely enough. */
const STALLS = 3
const TOGETHER_MS = 3000
/** Where nothing can be measured. */
const BLIND_STALL_MS = 8000
const BLIND_TOGETHER_MS = 6000
/** Too narrow: below so much of what is needed. Tight: below so much. Ample: above so much. */
const NARROW = 1.15
const TIGHT = 2
const AMPLE = 2.5
/** Looks at a fallen line, each one later than the one before. */
const LOOK_AGAIN_MS = 15_000
const LOOK_AGAIN_MOST_MS = 120_000
/** So many looks in a row have to find it ample. */
const AMPLE_LOOKS = 2
/** So often the picture comes back by itself in one visit; afterwards the button does it. */
const RETURNS = 3

export class Weakness {
  /** Sound alone is played because of it. */
  weak = false
  private stalls: { from: number; to: number }[] = []
  private stalling = false
  private ample = 0
  private returns = 0
  private every = LOOK_AGAIN_MS
  private lookAt = 0

  sample(now: LineSample): void {
    if (this.weak) return
    this.count(now)
    if (!this.tooWeak(now)) return
    this.weak = true
    this.ample = 0
    this.stalls = []
    this.stalling = false
    this.lookAt = now.at + this.every
    this.every = Math.min(LOOK_AGAIN_MOST_MS, this.every * 2)
  }

  /** It is time to measure again. */
  due(at: number): boolean {
    return this.weak && at >= this.lookAt
  }

  /** What a look found. */
  looked(at: number, bps: number | null, needBps: number | null): void {
    this.ample = bps !== null && needBps !== null && bps >= needBps * AMPLE ? this.ample + 1 : 0
    // A good look is soon confirmed; a bad one leaves the line in peace.
    this.lookAt = at + (this.ample > 0 ? LOOK_AGAIN_MS : this.every)
    if (this.ample === 0) this.every = Math.min(LOOK_AGAIN_MOST_MS, this.every * 2)
    if (this.ample < AMPLE_LOOKS || this.returns >= RETURNS) return
    this.returns += 1
    this.weak = false
  }

  /** Somebody wants to see the picture, or another source begins. */
  again(): void {
    this.weak = false
    this.stalls = []
    this.stalling = false
  }

  private count({ at, stalled }: LineSample): void {
    if (!this.stalling) this.stalls = this.stalls.filter(({ to }) => at - to < LOOK_BACK_MS)
    if (stalled && !this.stalling) this.stalls.push({ from: at, to: at })
    if (stalled || this.stalling) this.stalls.at(-1)!.to = at
    this.stalling = stalled
  }

  private tooWeak({ stalled, begun, measured, bps, needBps }: LineSample): boolean {
    const last = this.stalls.at(-1)
    if (!stalled || !last) return false
    const lasts = last.to - last.from
    const together = this.stalls.reduce((sum, { from, to }) => sum + to - from, 0)
    if (!measured) return begun && (lasts >= BLIND_STALL_MS || (this.stalls.length >= STALLS && together >= BLIND_TOGETHER_MS))
    if (bps === null || needBps === null) return false
    if (bps < needBps * NARROW && (begun ? together >= STALL_MS : lasts >= BEGIN_MS)) return true
    return bps < needBps * TIGHT && this.stalls.length >= STALLS && together >= TOGETHER_MS
  }
}
