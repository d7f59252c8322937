/** Waiting longer after each failure, and never at the same moment as everybody else. */
export class Backoff {
  private failures = 0

  constructor(
    private readonly random: () => number,
    private readonly firstMs: number,
    private readonly longestMs: number,
  ) {}

  /** Milliseconds until the next try: doubles, half of it by chance. */
  next(): number {
    const full = Math.min(this.longestMs, this.firstMs * 2 ** Math.min(this.failures, 16))
    this.failures += 1
    return Math.round(full / 2 + (full / 2) * this.random())
  }

  reset(): void {
    this.failures = 0
  }

  get tries(): number {
    return this.failures
  }
}
