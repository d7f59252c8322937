/** After an address broke: when to try again, and whether with another lease. It looks before it asks, so that a short hole in the network costs no lease. */
import { Backoff } from '../backoff'

const FIRST_AGAIN_MS = 500
const LONGEST_AGAIN_MS = 10_000
/** The address answers and still no sound comes: after so many tries another one is a person's to ask for. */
export const FUTILE_TRIES = 6

/** The first time at once, then later and later. */
export class Waiting {
  private now: { handle: ReturnType<typeof setTimeout>; go: () => void } | null = null
  private readonly again: Backoff

  constructor(random: () => number) {
    this.again = new Backoff(random, FIRST_AGAIN_MS, LONGEST_AGAIN_MS)
  }

  reset(): void {
    this.again.reset()
  }

  async wait(): Promise<void> {
    const first = this.again.tries === 0
    const ms = this.again.next()
    if (first) return
    await new Promise<void>((resolve) => {
      const go = () => {
        this.now = null
        resolve()
      }
      this.now = { handle: setTimeout(go, ms), go }
    })
  }

  /** Whoever waits does not wait longer. */
  hurry(): void {
    if (!this.now) return
    clearTimeout(this.now.handle)
    this.now.go()
  }
}

export class Recovery extends Waiting {
  /** Tries at an address that answered, since sound came last. */
  private answered = 0

  constructor(
    random: () => number,
    private readonly look: (url: string) => Promise<number>,
  ) {
    super(random)
  }

  /** Sound came, or somebody asked for it: the next break is the first one. */
  override reset(): void {
    super.reset()
    this.answered = 0
  }

  /** The network is not what is wrong. */
  get futile(): boolean {
    return this.answered >= FUTILE_TRIES
  }

  /** True: not ours any more, or another version stands in its place; a new lease says what to play. */
  async needsLease(url: string): Promise<boolean> {
    const status = await this.look(url)
    const busy = status >= 500 || status === 429
    if (status !== 0 && !busy) this.answered += 1
    return status >= 400 && !busy
  }
}
