import { describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { loadArea, setLocale } from '@/i18n'
import { cueAt, Follow, OWN_SCROLL_MS } from './follow'
import { queueOf } from './queue'
import type { EpisodeCard, Found } from './types'
import { TYPING_MS, useSearch } from './useSearch'
import { valueText } from './words'

const card = (id: string) => ({ id }) as EpisodeCard

describe('the slider', () => {
  it('speaks in words that nobody reads as metres (candela#160)', async () => {
    await loadArea('member.listen')
    await setLocale('zh-CN')
    expect(valueText(124_000, 2_820_000)).toBe('2 分 4 秒，共 47 分')
    expect(valueText(0, 3_661_000)).toBe('0 秒，共 1 小时 1 分 1 秒')
    await setLocale('en')
    expect(valueText(61_000, 120_000)).toBe('1 minute 1 second of 2 minutes')
    await setLocale('zh-CN')
  })
})

describe('the text that follows', () => {
  const cues = [0, 1000, 1000, 5000].map((from_ms) => ({ from_ms, to_ms: from_ms + 500, text: '' }))
  it('is at the line that began last, also in a silence', () => {
    expect([-1, 0, 999, 1000, 4999, 9e9].map((ms) => cueAt(cues, ms))).toEqual([-1, 0, 0, 2, 2, 3])
    expect(cueAt([], 5)).toBe(-1)
  })
  it('is left alone after a hand scrolled, until it is asked for (textream#72)', () => {
    const follow = new Follow()
    follow.scrolls(1000)
    expect([follow.moved(1000 + OWN_SCROLL_MS - 1), follow.on]).toEqual([false, true])
    expect([follow.moved(1000 + OWN_SCROLL_MS), follow.on]).toEqual([true, false])
    follow.again()
    follow.touched()
    expect(follow.on).toBe(false)
  })
})

describe('the queue', () => {
  it('says what follows, moves, and takes back what the server does not want', async () => {
    let put: string[] = []
    let fails = false
    const queue = queueOf({
      get: async () => ({ episodes: [card('a'), card('b')] }),
      put: async (ids) => {
        if (fails) throw new Error('no')
        put = ids
        return { episodes: [] }
      },
    })
    await queue.add(card('c'))
    expect([put, queue.after('a'), queue.after('x')]).toEqual([['a', 'b', 'c'], 'b', 'a'])
    await queue.move('c', -1)
    await queue.move('a', -1)
    expect(put).toEqual(['a', 'c', 'b'])
    queue.begins('a')
    await nextTick()
    expect(put).toEqual(['c', 'b'])
    fails = true
    await expect(queue.remove('c')).rejects.toThrow()
    expect(queue.episodes.value.map((e) => e.id)).toEqual(['c', 'b'])
  })
})

describe('searching as one types', () => {
  it('asks once for what stands there in the end, and an older answer never wins', async () => {
    vi.useFakeTimers()
    const asked: [string, (found: Found) => void][] = []
    const text = ref('')
    const scope = effectScope()
    const search = scope.run(() => useSearch(text, (q) => new Promise<Found>((answer) => asked.push([q, answer]))))!
    for (const q of ['延', '延安', ' 延安 ']) {
      text.value = q
      await nextTick()
    }
    await vi.advanceTimersByTimeAsync(TYPING_MS)
    text.value = '延安精神'
    await nextTick()
    await vi.advanceTimersByTimeAsync(TYPING_MS)
    expect(asked.map(([q]) => q)).toEqual(['延安', '延安精神'])
    const found = (title: string) => ({ series: [], episodes: [], speakers: [{ id: title, name: title }] })
    asked[1]![1](found('new'))
    asked[0]![1](found('old'))
    await vi.advanceTimersByTimeAsync(1)
    expect(search.found.value?.speakers[0]?.name).toBe('new')
    text.value = '   '
    await nextTick()
    expect([search.found.value, search.busy.value]).toEqual([null, false])
    scope.stop()
    vi.useRealTimers()
  })
})
