import { describe, expect, it } from 'vitest'
import { Flow } from './flow'

describe('a connection that is alive', () => {
  it('is fine while media moves, stands after a while, and is given up', () => {
    const flow = new Flow()
    expect(flow.check(60_000, false)).toBe('fine')
    flow.moves(false, 60_000)
    expect([62_999, 63_000, 66_000].map((at) => flow.check(at, false))).toEqual(['fine', 'standing', 'lost'])
    flow.moves(true, 66_000)
    expect(flow.check(90_000, false)).toBe('fine')
  })

  it('has nothing to bring while the lecturer is away; the count begins again afterwards', () => {
    const flow = new Flow()
    flow.moves(false, 0)
    expect(flow.check(60_000, true)).toBe('standing')
    expect(flow.check(61_000, false)).toBe('fine')
    expect(flow.check(66_000, false)).toBe('lost')
  })
})
