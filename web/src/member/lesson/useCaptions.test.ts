import { describe, expect, it } from 'vitest'
import { chooseCaptions, shiftCues } from './useCaptions'

const of = (language: 'zh' | 'en' | 'other') => ({ language, cues: 1, url: `/${language}` })

describe('captions', () => {
  it('are off until somebody wants them', () => {
    expect(chooseCaptions([of('zh')], null, 'zh-CN')).toBeNull()
    expect(chooseCaptions([of('zh')], 'off', 'zh-CN')).toBeNull()
  })

  it('are in the language that was chosen, or in that of the page, or in what there is', () => {
    const all = [of('zh'), of('en'), of('other')]
    expect(chooseCaptions(all, 'en', 'zh-CN')?.language).toBe('en')
    expect(chooseCaptions([of('zh'), of('other')], 'en', 'zh-CN')?.language).toBe('zh')
    expect(chooseCaptions([of('other')], 'zh', 'en')?.language).toBe('other')
    expect(chooseCaptions([], 'zh', 'zh-CN')).toBeNull()
  })

  it('are moved to the element’s clock', () => {
    // A browser refuses what ends before it begins, also between the two steps of moving it.
    const cue = (from: number, to: number) => {
      const kept = { from, to }
      return {
        get startTime() {
          return kept.from
        },
        set startTime(value: number) {
          expect(value).toBeLessThanOrEqual(kept.to)
          kept.from = value
        },
        get endTime() {
          return kept.to
        },
        set endTime(value: number) {
          expect(value).toBeGreaterThanOrEqual(kept.from)
          kept.to = value
        },
      }
    }
    const cues = [cue(10, 11), cue(12, 14)]
    const track = { cues } as unknown as TextTrack
    expect(shiftCues(track, -9_500)).toBe(true)
    expect(cues.map((c) => [c.startTime, c.endTime])).toEqual([
      [0.5, 1.5],
      [2.5, 4.5],
    ])
    expect(shiftCues(track, 9_500)).toBe(true)
    expect(cues[1]!.endTime).toBe(14)
    expect(shiftCues({ cues: null } as unknown as TextTrack, 5)).toBe(false)
  })
})
