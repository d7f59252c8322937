/** How the way to the server is, in a word, from what the browser measured. Pure. */

export interface Measured {
  /** There and back, milliseconds. */
  rttMs: number | null
  /** Share of packets that did not arrive in the last seconds, 0–1. */
  loss: number | null
  /** What the browser thinks would get through, bits per second. */
  availableBps: number | null
  /** The browser sends less than it would like: for want of computing, or of network. */
  limited: 'cpu' | 'bandwidth' | null
}

export type NetworkVerdict = 'good' | 'weak' | 'bad' | 'cpu'

export function networkVerdict({ rttMs, loss, availableBps, limited }: Measured): NetworkVerdict | null {
  if (rttMs === null && loss === null && availableBps === null) return null
  const above = (value: number | null, limit: number) => value !== null && value > limit
  const below = (value: number | null, limit: number) => value !== null && value < limit
  // An estimate that was never put to the test is low, too: it counts where the picture suffers from it.
  const narrow = (limit: number) => limited === 'bandwidth' && below(availableBps, limit)
  if (above(loss, 0.06) || above(rttMs, 800) || narrow(300_000)) return 'bad'
  if (above(loss, 0.02) || above(rttMs, 350) || narrow(800_000)) return 'weak'
  return limited === 'cpu' ? 'cpu' : 'good'
}

interface Entry {
  type: string
  [field: string]: unknown
}

const figure = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null)

/** Reads a report of `getStats`. */
export function measured(report: Iterable<Entry>): Measured {
  const out: Measured = { rttMs: null, loss: null, availableBps: null, limited: null }
  for (const entry of report) {
    if (entry.type === 'candidate-pair' && entry.nominated === true) {
      const rtt = figure(entry.currentRoundTripTime)
      if (rtt !== null) out.rttMs = Math.round(rtt * 1000)
      out.availableBps = figure(entry.availableOutgoingBitrate) ?? out.availableBps
    }
    if (entry.type === 'remote-inbound-rtp') {
      const loss = figure(entry.fractionLost)
      if (loss !== null) out.loss = Math.max(out.loss ?? 0, loss)
    }
    if (entry.type === 'outbound-rtp' && (entry.qualityLimitationReason === 'cpu' || entry.qualityLimitationReason === 'bandwidth')) {
      out.limited = entry.qualityLimitationReason
    }
  }
  return out
}
