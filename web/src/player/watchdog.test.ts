import { describe, expect, it } from 'vitest'
import { Watchdog, type Condition } from './watchdog'

const base: Condition = { wanted: true, positionMs: 1000, at: 0, source: 'live', behindLiveMs: 200, lecturerAway: false }

/** The cures given second by second. */
function run(seconds: number, change: (second: number) => Partial<Condition>) {
  const dog = new Watchdog()
  return Array.from({ length: seconds }, (_, s) => dog.check({ ...base, at: s * 1000, ...change(s) }))
}

describe('the watchdog', () => {
  it('leaves alone what moves, and what nobody wants to move', () => {
    expect(run(20, (s) => ({ positionMs: s * 1000 }))).toEqual(Array(20).fill('none'))
    expect(run(20, () => ({ wanted: false }))).toEqual(Array(20).fill('none'))
  })

  it('jumps when the edge moved on, then asks again, then begins anew', () => {
    const cures = run(24, (s) => ({ behindLiveMs: s * 1000 }))
    expect(cures.filter((c) => c !== 'none')).toEqual(['jump', 'resume', 'reload', 'reload'])
    expect(cures.indexOf('reload')).toBeLessThan(10)
  })

  it('does not jump in a replay', () => {
    expect(run(8, () => ({ source: 'replay', behindLiveMs: null })).filter((c) => c !== 'none')).toEqual(['resume'])
  })

  it('waits while the lecturer is away, and acts soon after the return', () => {
    const cures = run(70, (s) => ({ lecturerAway: s < 60, behindLiveMs: 60_000 }))
    expect(cures.slice(0, 60)).toEqual(Array(60).fill('none'))
    expect(cures.slice(60, 64)).toContain('jump')
  })
  it('begins anew soon when the jump over an outage leads nowhere', () => {
    const cures = run(80, (s) => ({ lecturerAway: s < 60, behindLiveMs: 60_000, positionMs: s < 63 ? 1000 : 61_000 }))
    expect(cures.slice(60, 63)).toContain('jump')
    expect(cures.slice(63, 69)).toContain('reload')
  })
})
