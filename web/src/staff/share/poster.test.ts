import { describe, expect, it } from 'vitest'
import { lines } from './poster'

/** Every character is one wide. */
const measure = (text: string) => Array.from(text).length

describe('the lines of a poster', () => {
  it('break between characters, and never begin with a full stop', () => {
    expect(lines('邻里调解从一张板凳说起', 5, measure)).toEqual(['邻里调解从', '一张板凳说', '起'])
    expect(lines('从板凳说起。好', 5, measure)).toEqual(['从板凳说起。', '好'])
  })
  it('break between words, and cut what is longer than a line', () => {
    expect(lines('First aid for all', 9, measure)).toEqual(['First aid', 'for all'])
    expect(lines('abcdefgh', 3, measure)).toEqual(['abc', 'def', 'gh'])
    expect(lines('', 3, measure)).toEqual([])
  })
})
