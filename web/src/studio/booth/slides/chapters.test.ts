import { beforeEach, describe, expect, it } from 'vitest'
import { Problem } from '@/api/problem'
import { again, keepTurns, keptTurns, turned, type Turns } from './chapters'

const none: Turns = { waiting: [], last: null }
const turn = (at_ms: number) => ({ at_ms, title: `at ${at_ms}` })

describe('chapters from the slides', () => {
  beforeEach(() => localStorage.clear())

  it('are the pages that were shown, not those that were passed over', () => {
    let turns = turned(none, 'a#1', turn(0))
    turns = turned(turns, 'a#2', turn(10_000))
    turns = turned(turns, 'a#3', turn(11_000))
    turns = turned(turns, 'a#4', turn(20_000))
    expect(turns.waiting.map((one) => one.at_ms)).toEqual([0, 11_000, 20_000])
  })

  it('are none when a reload shows the same page again', () => {
    keepTurns('x', turned(none, 'a#2', turn(5_000)))
    const kept = keptTurns('x')
    expect(turned(kept, 'a#2', turn(60_000))).toEqual(kept)
    expect(turned(kept, 'a#3', turn(60_000)).waiting).toHaveLength(2)
  })

  it('begin with nothing where nothing, or nonsense, was kept', () => {
    localStorage.setItem('yunke.booth.turns.y', '"nonsense"')
    expect(keptTurns('y')).toEqual(none)
    expect(keptTurns('z')).toEqual(none)
  })

  it('wait for a server that is away, not for one that refuses', () => {
    expect(
      [new Problem(0, 'offline'), new Problem(503, 'x'), new Problem(409, 'chapter_there'), new Problem(422, 'position_outside')].map(
        again,
      ),
    ).toEqual([true, true, false, false])
  })
})
