import { describe, expect, it } from 'vitest'
import { measured, networkVerdict, type Measured } from './network'

const fine: Measured = { rttMs: 20, loss: 0, availableBps: 3_000_000, limited: null }

describe('the verdict on the network', () => {
  it('says nothing before anything is known', () => {
    expect(networkVerdict({ rttMs: null, loss: null, availableBps: null, limited: null })).toBeNull()
  })

  it.each<[Partial<Measured>, string]>([
    [{}, 'good'],
    [{ limited: 'bandwidth' }, 'good'],
    [{ limited: 'cpu' }, 'cpu'],
    [{ loss: 0.03 }, 'weak'],
    [{ rttMs: 400 }, 'weak'],
    [{ availableBps: 600_000, limited: 'bandwidth' }, 'weak'],
    [{ availableBps: 600_000 }, 'good'],
    [{ loss: 0.1, limited: 'cpu' }, 'bad'],
    [{ rttMs: 1000 }, 'bad'],
    [{ availableBps: 200_000, limited: 'bandwidth' }, 'bad'],
  ])('%o is %s', (change, verdict) => {
    expect(networkVerdict({ ...fine, ...change })).toBe(verdict)
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
