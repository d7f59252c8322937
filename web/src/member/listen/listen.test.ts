import { describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { Problem } from '@/api/problem'
import { loadArea, setLocale } from '@/i18n'
import { firstAudioState, type AudioState } from '@/player/audio/types'
import { cueAt, Follow, OWN_SCROLL_MS } from './follow'
import { QUEUE_LIMIT, queueOf } from './queue'
import type { EpisodeCard, Found } from './types'
import { TYPING_MS, useSearch } from './useSearch'
import { barsOf } from './waveform'
import { statusText, valueText } from './words'

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

describe('the shape of the sound', () => {
  const coded = (...bytes: number[]) => btoa(String.fromCharCode(...bytes))
  it('has as many bars as there is room, each as high as the loudest of its stretch', () => {
    expect(barsOf(coded(0, 100, 50, 200), 2)).toEqual([0.5, 1])
    expect(barsOf(coded(10, 20), 300)).toEqual([0.5, 1])
  })
  it('is flat for silence and nothing for what cannot be read', () => {
    expect([barsOf(coded(0, 0), 2), barsOf('', 5), barsOf('?!', 5), barsOf(coded(1), 0)]).toEqual([[0, 0], [], [], []])
  })
})

describe('the queue', () => {
  function setup(...ids: string[]) {
    const server = { ids, puts: 0, up: true }
    const queue = queueOf({
      get: async () => {
        if (!server.up) throw new Problem(0, 'unreachable')
        return { episodes: server.ids.map(card) }
      },
      put: async (next) => {
        if (!server.up) throw new Problem(0, 'unreachable')
        server.puts += 1
        server.ids = next
        return { episodes: [] }
      },
    })
    const shown = () => queue.episodes.value.map((e) => e.id)
    return { queue, server, shown }
  }

  it('says what follows, moves, and takes back what the server does not want', async () => {
    const { queue, server, shown } = setup('a', 'b')
    await queue.add(card('c'))
    expect([server.ids, queue.after('a'), queue.after('x')]).toEqual([['a', 'b', 'c'], 'b', 'a'])
    await queue.move('c', -1)
    await queue.move('a', -1)
    expect(server.ids).toEqual(['a', 'c', 'b'])
    queue.begins('a')
    await vi.waitFor(() => expect(server.ids).toEqual(['c', 'b']))
    server.up = false
    await expect(queue.remove('c')).rejects.toThrow()
    expect(shown()).toEqual(['c', 'b'])
  })

  it('keeps what another tab or device has put into it since', async () => {
    const { queue, server } = setup('a')
    await queue.load()
    server.ids = ['a', 'elsewhere']
    await queue.add(card('b'))
    expect(server.ids).toEqual(['a', 'elsewhere', 'b'])
  })

  it('makes two changes at once one after the other', async () => {
    const { queue, server } = setup()
    await Promise.all([queue.add(card('a')), queue.add(card('b'))])
    expect(server.ids).toEqual(['a', 'b'])
  })

  it('refuses one more than the server keeps, and drops none for it', async () => {
    const ids = Array.from({ length: QUEUE_LIMIT }, (_, n) => `e${n}`)
    const { queue, server, shown } = setup(...ids)
    await expect(queue.add(card('more'))).rejects.toMatchObject({ code: 'queue_too_long' })
    expect([server.puts, shown()]).toEqual([0, ids])
    // One that is there already only moves to the end.
    await queue.add(card('e0'))
    expect(server.ids.at(-1)).toBe('e0')
  })

  it('plays nothing twice that began without a network', async () => {
    const { queue, server, shown } = setup('a', 'b')
    await queue.load()
    server.up = false
    queue.begins('a')
    expect(queue.after('a')).toBe('b')
    queue.begins('b')
    await Promise.resolve()
    expect(queue.after('b')).toBeNull()
    server.up = true
    await queue.load()
    expect(shown()).toEqual([])
    await queue.add(card('c'))
    expect(server.ids).toEqual(['c'])
  })
})

describe('what a listener is told', () => {
  const say = (change: Partial<AudioState>) => statusText({ ...firstAudioState, ...change })
  it('is why it does not go on, also where another one should follow', async () => {
    await Promise.all([loadArea('common'), loadArea('member.listen')])
    await setLocale('zh-CN')
    expect(say({ stage: 'failed', problem: new Problem(410, 'episode_withdrawn') })).toContain('已经下架')
    expect(say({ stage: 'failed', why: 'broken' })).toContain('点“播放”再试')
    expect(say({ stage: 'over', nextProblem: new Problem(409, 'not_ready') })).toMatch(/^下一集放不了。.*还在准备/)
    expect(say({ stage: 'over', coming: 'e2', nextProblem: new Problem(0, 'offline') })).toMatch(/^下一集还打不开/)
    expect(say({ stage: 'playing', problem: new Problem(410, 'episode_withdrawn') })).toContain('已经下架')
    expect(say({ stage: 'playing' })).toBe('')
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
