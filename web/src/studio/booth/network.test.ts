import { describe, expect, it } from 'vitest'
import { judged, measured, steadied, type Measured } from './network'

const fine: Measured = { rttMs: 20, loss: 0, availableBps: 3_000_000, limited: null }

describe('the verdict on the network', () => {
  it('says nothing before anything is known', () => {
    expect(judged({ rttMs: null, loss: null, availableBps: null, limited: null })).toBeNull()
  })

  it.each<[Partial<Measured>, string, string | null]>([
    [{}, 'good', null],
    [{ limited: 'bandwidth' }, 'good', null],
    [{ limited: 'cpu' }, 'cpu', null],
    [{ loss: 0.03 }, 'weak', 'loss'],
    [{ rttMs: 400 }, 'weak', 'delay'],
    [{ availableBps: 600_000, limited: 'bandwidth' }, 'weak', 'narrow'],
    [{ availableBps: 600_000 }, 'good', null],
    [{ loss: 0.1, limited: 'cpu' }, 'bad', 'loss'],
    [{ rttMs: 1000, loss: 0.03 }, 'bad', 'delay'],
    [{ availableBps: 200_000, limited: 'bandwidth' }, 'bad', 'narrow'],
    [{ availableBps: 200_000, limited: 'bandwidth', loss: 0.1 }, 'bad', 'loss'],
  ])('%o is %s for %s', (change, verdict, fault) => {
    expect(judged({ ...fine, ...change })).toEqual({ verdict, fault })
  })

  it('does not change with one packet, and does with a line that stays so', () => {
    const after = (losses: number[]) => losses.reduce((line: Measured | null, loss) => steadied(line, { ...fine, loss }), null)!
    expect(judged(after([0, 0, 0.05, 0, 0, 0.04, 0]))?.verdict).toBe('good')
    expect(judged(after([0, 0.1, 0.1, 0.1, 0.1]))).toEqual({ verdict: 'bad', fault: 'loss' })
    expect(judged(after([0.1, 0.1, 0, 0, 0, 0, 0, 0]))?.verdict).toBe('good')
    expect(steadied(after([0.1]), { ...fine, loss: null, rttMs: null })).toMatchObject({ loss: null, rttMs: null })
  })

  it('is made of what the browser reports, the worst of both tracks', () => {
    const report = [
      { type: 'candidate-pair', nominated: false, currentRoundTripTime: 9 },
      { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.031, availableOutgoingBitrate: 900_000 },
      { type: 'remote-inbound-rtp', fractionLost: 0.01 },
      { type: 'remote-inbound-rtp', fractionLost: 0.04 },
      { type: 'outbound-rtp', qualityLimitationReason: 'cpu' },
      { type: 'codec', clockRate: 90_000 },
    ]
    expect(measured(report)).toEqual({ rttMs: 31, loss: 0.04, availableBps: 900_000, limited: 'cpu' })
  })
})
