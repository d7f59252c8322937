import { describe, expect, it } from 'vitest'
import type { Copy } from './store'
import { ENOUGH_BYTES, suspects, toRemove, type LessonState } from './tidy'

const DAY = 24 * 3600_000
const NOW = 400 * DAY
const GB = 1_000_000_000
const copy = (name: string, daysAgo: number, bytes = GB): Copy => ({
  name,
  lesson: name,
  title: '',
  type: 'video/webm',
  started_at: NOW - daysAgo * DAY,
  ms: 1,
  bytes,
})
const names = (copies: Copy[]) => copies.map((c) => c.name)
const all = (state: LessonState) => () => state

describe('old safety copies', () => {
  it('go after thirty days', () => {
    const copies = [copy('young', 29), copy('old', 31)]
    expect(names(suspects(copies, NOW, 50 * GB))).toEqual(['old'])
    expect(names(toRemove(copies, NOW, 50 * GB, all('over')))).toEqual(['old'])
    expect(names(toRemove(copies, NOW, null, all('over')))).toEqual(['old'])
  })

  it('go earlier when space is short, the oldest first and no more than needed', () => {
    const copies = [copy('b', 2), copy('a', 3), copy('c', 1)]
    expect(names(suspects(copies, NOW, GB))).toEqual(['b', 'a', 'c'])
    expect(names(toRemove(copies, NOW, ENOUGH_BYTES - 1.5 * GB, all('over')))).toEqual(['a', 'b'])
  })

  it('never go while their lesson is unfinished, or nobody said', () => {
    for (const state of ['unfinished', 'no_answer'] as const) expect(toRemove([copy('x', 99)], NOW, 0, all(state))).toEqual([])
  })

  it('of a lesson that is nobody’s here any more go by age alone', () => {
    expect(names(toRemove([copy('x', 31), copy('y', 3)], NOW, 0, all('unknown')))).toEqual(['x'])
  })
})
