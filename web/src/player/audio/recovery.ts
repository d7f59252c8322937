/** After an address broke: when to try again, and whether with another lease. It looks before it asks, so that a short hole in the network costs no lease. */
import { Backoff } from '../backoff'

const FIRST_AGAIN_MS = 500
const LONGEST_AGAIN_MS = 10_000

export class Recovery {
  private waiting: { handle: ReturnType<typeof setTimeout>; go: () => void } | null = null
  private readonly again: Backoff

  constructor(
    random: () => number,
    private readonly look: (url: string) => Promise<number>,
  ) {
    this.again = new Backoff(random, FIRST_AGAIN_MS, LONGEST_AGAIN_MS)
  }

  /** Sound came: the next break is the first one. */
  reset(): void {
    this.again.reset()
  }

  /** The first time at once, then later and later. */
  async wait(): Promise<void> {
    const first = this.again.tries === 0
    const ms = this.again.next()
    if (first) return
    await new Promise<void>((resolve) => {
      const go = () => {
        this.waiting = null
        resolve()
      }
      this.waiting = { handle: setTimeout(go, ms), go }
    })
  }

  /** True: not ours any more, or another version stands in its place; a new lease says what to play. */
  async needsLease(url: string): Promise<boolean> {
    const status = await this.look(url)
    return status >= 400 && status < 500 && status !== 429
  }

  /** Whoever waits does not wait longer. */
  hurry(): void {
    if (!this.waiting) return
    clearTimeout(this.waiting.handle)
    this.waiting.go()
  }
}
