import { describe, expect, it } from 'vitest'
import { Throughput } from './throughput'
import { Weakness, type LineSample } from './weakness'

describe('what the network carries', () => {
  it('is bytes over the time in which something was on its way', () => {
    const line = new Throughput()
    expect(line.bps(1000)).toBeNull()
    // Two at a time, 100 kB in a second together; then a second of nothing.
    line.add({ from: 1000, to: 2000, bytes: 60_000 })
    line.add({ from: 1000, to: 2000, bytes: 40_000 })
    expect(line.bps(3000)).toBe(800_000)
  })

  it('knows of what is still under way, and forgets', () => {
    const line = new Throughput()
    line.add({ from: 0, to: 1000, bytes: 1_000_000 })
    expect(line.bps(12_000)).toBeNull()
    expect(line.bps(12_000, [{ from: 8000, to: 12_000, bytes: 200_000 }])).toBe(400_000)
    expect(line.bps(12_000, [{ from: 0, to: 12_000, bytes: 600_000 }]), 'its share of the window').toBe(400_000)
  })
})

const NEED = 650_000

/** Time passes on a line; `moves` tells of each 250 ms whether it plays. */
function line(weakness: Weakness, bps: number | null, needBps: number | null = NEED, begun = true, measured = true) {
  let at = 0
  return {
    get at() {
      return at
    },
    pass(ms: number, moves: (at: number) => boolean) {
      for (const end = at + ms; at < end && !weakness.weak; at += 250)
        weakness.sample({ at, stalled: !moves(at), begun, measured, bps, needBps } satisfies LineSample)
      return at
    },
  }
}
const never = () => false
const always = () => true
const jerks = (at: number) => at % 2000 < 800

describe('a line', () => {
  it('that is too narrow falls within 3 s of standing still', () => {
    const weakness = new Weakness()
    expect(line(weakness, 400_000).pass(10_000, never)).toBeLessThanOrEqual(3000)
    expect(weakness.weak).toBe(true)
  })

  it('gets a little longer to begin with', () => {
    const weakness = new Weakness()
    const it = line(weakness, 400_000, NEED, false)
    it.pass(4000, never)
    expect(weakness.weak).toBe(false)
    it.pass(1500, never)
    expect(weakness.weak).toBe(true)
  })

  it('that jerks along falls, too', () => {
    const weakness = new Weakness()
    expect(line(weakness, 700_000).pass(30_000, jerks)).toBeLessThanOrEqual(8000)
    expect(weakness.weak).toBe(true)
  })

  it('that has room is not what is the matter', () => {
    const weakness = new Weakness()
    line(weakness, 8_000_000).pass(60_000, never)
    line(weakness, 8_000_000).pass(60_000, jerks)
    expect(weakness.weak).toBe(false)
  })

  it('that plays is left alone', () => {
    const weakness = new Weakness()
    line(weakness, 500_000).pass(60_000, always)
    expect(weakness.weak).toBe(false)
  })

  it('that cannot be measured falls late, and not before anything came', () => {
    const [begun, not] = [new Weakness(), new Weakness()]
    expect(line(begun, null, null, true, false).pass(20_000, never)).toBeGreaterThanOrEqual(8000)
    expect(begun.weak).toBe(true)
    line(not, null, null, false, false).pass(60_000, never)
    expect(not.weak).toBe(false)
  })
})

describe('a line on which nothing comes', () => {
  it('is not a weak one: the end of it is elsewhere', () => {
    const weakness = new Weakness()
    line(weakness, null).pass(60_000, never)
    expect(weakness.weak).toBe(false)
  })
})

describe('a fallen line', () => {
  const fallen = () => {
    const weakness = new Weakness()
    const at = line(weakness, 400_000).pass(10_000, never)
    return { weakness, at }
  }

  it('gets the picture back after two ample looks, not after one, and not by luck', () => {
    const { weakness, at } = fallen()
    expect([weakness.due(at + 10_000), weakness.due(at + 15_000)]).toEqual([false, true])
    weakness.looked(at + 15_000, 3_000_000, NEED)
    expect([weakness.weak, weakness.due(at + 29_000), weakness.due(at + 30_000)]).toEqual([true, false, true])
    weakness.looked(at + 30_000, 900_000, NEED)
    weakness.looked(at + 90_000, 3_000_000, NEED)
    expect(weakness.weak).toBe(true)
    weakness.looked(at + 105_000, 3_000_000, NEED)
    expect(weakness.weak).toBe(false)
  })

  it('is left in peace for longer after each bad look', () => {
    const { weakness, at } = fallen()
    weakness.looked(at + 15_000, 400_000, NEED)
    expect([weakness.due(at + 44_000), weakness.due(at + 45_000)]).toEqual([false, true])
    weakness.looked(at + 45_000, null, NEED)
    expect([weakness.due(at + 104_000), weakness.due(at + 105_000)]).toEqual([false, true])
  })

  it('that falls again and again is not tried for ever', () => {
    const weakness = new Weakness()
    let at = 0
    for (let n = 0; n < 3; n += 1) {
      weakness.sample({ at, stalled: true, begun: true, measured: true, bps: 400_000, needBps: NEED })
      weakness.sample({ at: at + 2500, stalled: true, begun: true, measured: true, bps: 400_000, needBps: NEED })
      expect(weakness.weak).toBe(true)
      weakness.looked(at + 200_000, 9_000_000, NEED)
      weakness.looked(at + 215_000, 9_000_000, NEED)
      expect(weakness.weak).toBe(false)
      at += 300_000
    }
    weakness.sample({ at, stalled: true, begun: true, measured: true, bps: 400_000, needBps: NEED })
    weakness.sample({ at: at + 2500, stalled: true, begun: true, measured: true, bps: 400_000, needBps: NEED })
    weakness.looked(at + 200_000, 9_000_000, NEED)
    weakness.looked(at + 215_000, 9_000_000, NEED)
    expect(weakness.weak).toBe(true)
    weakness.again()
    expect(weakness.weak, 'the button').toBe(false)
  })
})
