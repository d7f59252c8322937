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

/** What is wrong with the line: packets are lost, they take long, or too few get through. */
export type NetworkFault = 'loss' | 'delay' | 'narrow'

export type Judged = { verdict: 'good' | 'cpu'; fault: null } | { verdict: 'weak' | 'bad'; fault: NetworkFault }

const above = (value: number | null, limit: number) => value !== null && value > limit
const below = (value: number | null, limit: number) => value !== null && value < limit

/** The first of these whose limit is passed. Lost packets come first: they are behind a low estimate, too. */
function fault(
  { rttMs, loss, availableBps, limited }: Measured,
  limits: { loss: number; rttMs: number; bps: number },
): NetworkFault | null {
  if (above(loss, limits.loss)) return 'loss'
  if (above(rttMs, limits.rttMs)) return 'delay'
  // An estimate that was never put to the test is low, too: it counts where the picture suffers from it.
  return limited === 'bandwidth' && below(availableBps, limits.bps) ? 'narrow' : null
}

export function judged(line: Measured): Judged | null {
  if (line.rttMs === null && line.loss === null && line.availableBps === null) return null
  const bad = fault(line, { loss: 0.06, rttMs: 800, bps: 300_000 })
  if (bad) return { verdict: 'bad', fault: bad }
  const weak = fault(line, { loss: 0.02, rttMs: 350, bps: 800_000 })
  if (weak) return { verdict: 'weak', fault: weak }
  return { verdict: line.limited === 'cpu' ? 'cpu' : 'good', fault: null }
}

/** How much of a new figure counts: one packet in a report of a second is 2 %, and no verdict. */
const NEW = 0.3

/** Figures of several reports: what is lost and how long it takes does not jump. */
export function steadied(before: Measured | null, now: Measured): Measured {
  const mean = (old: number | null | undefined, value: number | null) =>
    old === null || old === undefined || value === null ? value : old + (value - old) * NEW
  const rttMs = mean(before?.rttMs, now.rttMs)
  return { ...now, loss: mean(before?.loss, now.loss), rttMs: rttMs === null ? null : Math.round(rttMs) }
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
