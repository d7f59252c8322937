/**
 * The episode that follows, ready before this one ends: a locked phone may not ask for anything between two episodes. Asks
 * again when the first answer did not come or has grown old.
 */
import type { EpisodeGrant, Track } from './types'

export interface Ready {
  track: Track
  grant: EpisodeGrant
}

/** Asked for this long before the end, in real time. */
export const AHEAD_MS = 90_000
const AGAIN_MS = 5000
/** A lease that ends sooner than this is asked for again. */
const LEAST_MS = 20_000

export class UpNext {
  private ready: Ready | null = null
  /** By the page's clock, which nobody sets: until when its lease is good. */
  private goodUntil = 0
  private asking: { id: string; answer: Promise<Ready> } | null = null
  private asked = Number.NEGATIVE_INFINITY

  constructor(
    private readonly ask: (id: string) => Promise<Ready>,
    private readonly now: () => number,
    private readonly serverNow: () => number,
  ) {}

  /** `leftMs`: real time until the end of what plays. */
  look(id: string | null, leftMs: number): void {
    if (id === null || leftMs > AHEAD_MS || this.asking?.id === id) return
    if (this.take(id) || this.now() - this.asked < AGAIN_MS) return
    this.fetch(id).catch(() => undefined)
  }

  /** Ready, on its way already, or asked for now. */
  async get(id: string): Promise<Ready> {
    return this.take(id) ?? (await (this.asking?.id === id ? this.asking.answer : this.fetch(id)))
  }

  /** What is ready for this episode and still good. */
  take(id: string): Ready | null {
    const { ready } = this
    return ready?.track.id === id && this.goodUntil - this.now() > LEAST_MS ? ready : null
  }

  private fetch(id: string): Promise<Ready> {
    const answer = this.ask(id).then((ready) => {
      this.ready = ready
      // The answer has just set the server's clock right.
      this.goodUntil = this.now() + ready.grant.expires_at - this.serverNow()
      return ready
    })
    const asking = { id, answer }
    this.asking = asking
    this.asked = this.now()
    const over = () => {
      if (this.asking === asking) this.asking = null
    }
    answer.then(over, over)
    return answer
  }

  clear(): void {
    this.ready = null
    this.asked = Number.NEGATIVE_INFINITY
  }
}
