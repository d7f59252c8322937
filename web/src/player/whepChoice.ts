/**
 * Whether the live picture comes by WHEP or by LL-HLS. Pure. WHEP is tried first; whatever speaks against it speaks for
 * LL-HLS, which plays everywhere, and nobody is thrown to and fro between them (docs/adr/0018).
 */

export type WhepFailure = 'lost' | 'later' | 'never'

/** A connection that is lost again within this time after it was recreated is no good here. */
const STEADY_MS = 20_000

export class WhepChoice {
  private state: 'open' | 'later' | 'never' = 'open'
  private lostAt = Number.NEGATIVE_INFINITY

  /** The next start goes by WHEP. */
  get open(): boolean {
    return this.state === 'open'
  }

  /** Playing restarts, and not because it failed: somebody pressed play, the lecturer is back. */
  restarted(): void {
    if (this.state === 'later') this.state = 'open'
  }

  failed(how: WhepFailure, at: number): void {
    if (how !== 'lost') {
      this.state = how
      return
    }
    if (at - this.lostAt < STEADY_MS) this.state = 'never'
    this.lostAt = at
  }
}
