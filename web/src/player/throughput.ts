/**
 * What the network carries, out of downloads: bytes over the time in which something was on its way. Pure. Waiting for the
 * first byte is not counted: low-latency requests are answered when there is something to send.
 */

/** What is looked back at. */
const WINDOW_MS = 8000
/** Less says nothing: a few packets come in one go whatever the line is like. */
const LEAST_BYTES = 24_000
/** Downloads that are kept; older ones give way. */
const KEPT = 256

export interface Download {
  /** Monotonic time of the first byte, and of the last so far. */
  from: number
  to: number
  bytes: number
}

export class Throughput {
  private done: Download[] = []

  add(download: Download): void {
    this.done.push(download)
    if (this.done.length > KEPT) this.done.shift()
  }

  /** Bits per second lately; null if too little came to say. `running`: what is under way. */
  bps(now: number, running: readonly Download[] = []): number | null {
    const since = now - WINDOW_MS
    let [bytes, busy, end] = [0, 0, since]
    const all = [...this.done, ...running].filter(({ to }) => to > since).sort((a, b) => a.from - b.from)
    for (const one of all) {
      const from = Math.max(one.from, since)
      // Of one that began before the window, the share that came in it.
      bytes += one.to > one.from ? (one.bytes * (one.to - from)) / (one.to - one.from) : one.bytes
      busy += Math.max(0, one.to - Math.max(from, end))
      end = Math.max(end, one.to)
    }
    return bytes < LEAST_BYTES ? null : (bytes * 8000) / Math.max(1, busy)
  }
}
