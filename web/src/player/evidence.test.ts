import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '@/api/problem'
import type { Beat, LeaseGrant } from '@/api/types'
import { isFinal } from './decided'
import { Evidence, type EvidenceApi } from './evidence'
import { MemoryOutbox } from './outboxStore'
import { Room, type PostAnswer } from './room'
// Comes on demand, in real time, which faked timers do not wait for: here it is there already.
import './leftovers'

const HOUR = 3_600_000

function grant(n: number): LeaseGrant {
  return { lease: `token${n}`, lease_id: `lease${n}`, lesson_id: 'lesson', expires_at: HOUR, live_url: `/live/token${n}/index.m3u8`, live_audio_url: null, whep_url: null, radio_url: null, replay_url: null, replay_audio_url: null, replay_in_ms: 0, replay_out_ms: null, progress: null }
}

/** A server whose socket never opens, so that everything goes by POST. */
function setup(overrides: Partial<EvidenceApi> = {}, serverNow = () => 0) {
  const posted: [string, number[]][] = []
  const leased: [string, string | null][] = []
  let leases = 0
  const api: EvidenceApi = {
    lease: async () => grant(++leases),
    post: async (_lesson, token, beats): Promise<PostAnswer> => {
      if (beats.length) posted.push([token, beats.map((b) => b.seq)])
      return { acked: beats.map((b) => b.seq), refused: [], progress: null, state: null }
    },
    beacon: () => true,
    uplink: (grant, outbox, events) =>
      new Room({
        url: 'ws://room',
        outbox,
        random: () => 0.5,
        socket: () => ({ close: () => undefined, send: () => undefined }) as unknown as WebSocket,
        post: (beats) => api.post({ kind: 'lesson', id: grant.lesson_id }, grant.lease, beats),
        events: { ...events, state: () => undefined },
      }),
    ...overrides,
  }
  const store = new MemoryOutbox()
  const problems: (Problem | null)[] = []
  const evidence = new Evidence({
    item: { kind: 'lesson', id: 'lesson' }, memberId: 'm', device: 'phone', api, store, random: () => 0.5, serverNow,
    events: { progress: () => undefined, link: () => undefined, leased: (now, before) => leased.push([now.lease, before?.lease ?? null]), problem: (p) => problems.push(p) },
  })
  const play = (from: number, at: number) => {
    evidence.meter.start({ positionMs: from, at, rate: 1 }, true)
    evidence.meter.stop({ positionMs: from + 250, at: at + 250, rate: 1 }, 'pause', 'paused')
  }
  return { evidence, posted, leased, problems, play, store }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the evidence', () => {
  it('changes to another lease before this one ends, and each numbers its own beats', async () => {
    const { evidence, leased, posted, play } = setup()
    await evidence.renew()
    play(0, 0)
    await vi.advanceTimersByTimeAsync(5000)
    expect(posted).toEqual([['token1', [1, 2, 3]]])
    await vi.advanceTimersByTimeAsync(HOUR)
    expect(leased.slice(0, 2)).toEqual([['token1', null], ['token2', 'token1']])
    play(1000, 5000)
    await vi.advanceTimersByTimeAsync(5000)
    expect(posted.at(-1)).toEqual([leased.at(-1)![0], [1, 2, 3]])
    evidence.close()
  })

  it('changes to another lease in time on a page whose timers do not come, once', async () => {
    const { evidence, leased } = setup()
    await evidence.renew()
    const later = performance.now() + HOUR - 30_000
    vi.spyOn(performance, 'now').mockReturnValue(later)
    for (let event = 0; event < 3; event += 1) evidence.catchUp()
    await Promise.resolve()
    evidence.catchUp()
    await vi.advanceTimersByTimeAsync(10)
    vi.restoreAllMocks()
    expect(leased.map(([token]) => token)).toEqual(['token1', 'token2'])
    evidence.close()
  })

  it('hands in under the old token what the old lease still had', async () => {
    let up = false
    const sent: [string, number[]][] = []
    const { evidence, play } = setup({
      post: async (_l, token, beats: Beat[]) => {
        if (!up) throw new Problem(0, 'unreachable')
        sent.push([token, beats.map((b) => b.seq)])
        return { acked: beats.map((b) => b.seq), refused: [], progress: null, state: null }
      },
    })
    await evidence.renew()
    play(0, 0)
    await vi.advanceTimersByTimeAsync(5000)
    expect(evidence.pending).toBe(3)
    up = true
    await evidence.renew()
    await vi.advanceTimersByTimeAsync(100)
    expect(sent).toContainEqual(['token1', [1, 2, 3]])
    expect(evidence.pending).toBe(0)
    evidence.close()
  })

  it('hands in an old lease’s beats once, also when one of them is refused without its number', async () => {
    let up = false
    let posts = 0
    const { evidence, play } = setup({
      post: async (_l, token, beats: Beat[]) => {
        if (!up) throw new Problem(0, 'unreachable')
        if (token === 'token1') posts += 1
        return { acked: beats.slice(1).map((b) => b.seq), refused: [{ seq: null, code: 'malformed' }], progress: null, state: null }
      },
    })
    await evidence.renew()
    play(0, 0)
    up = true
    await evidence.renew()
    await vi.advanceTimersByTimeAsync(100)
    expect(posts).toBe(1)
    evidence.close()
  })

  it('goes on asking while the server does not answer, and stops when it says no', async () => {
    let tries = 0
    const waiting = setup({ lease: async () => (++tries < 4 ? Promise.reject(new Problem(0, 'unreachable')) : grant(1)) })
    const got = waiting.evidence.renew()
    await vi.advanceTimersByTimeAsync(60_000)
    expect((await got)?.lease).toBe('token1')
    waiting.evidence.close()

    const refused = setup({ lease: () => Promise.reject(new Problem(403, 'not_invited')) })
    expect(await refused.evidence.renew()).toBeNull()
    expect(refused.problems.at(-1)?.code).toBe('not_invited')
    refused.evidence.close()
  })

  it('asks for another lease in time though the device’s clock was set back a day', async () => {
    const { evidence, leased } = setup()
    await evidence.renew()
    vi.setSystemTime(Date.now() - 24 * HOUR)
    evidence.refused()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(leased.at(-1)).toEqual(['token2', 'token1'])
    evidence.close()
  })

  it('does not ask for lease after lease when each is refused', async () => {
    let leases = 0
    const { evidence } = setup({ lease: async () => grant(++leases), post: () => Promise.reject(new Problem(403, 'lease_invalid')) })
    await evidence.renew()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(leases).toBeGreaterThan(1)
    expect(leases).toBeLessThan(9)
    evidence.close()
  })

  it('takes another lease when newer ones took the place of its own', async () => {
    const { evidence, leased, play } = setup({ post: (_l, token, beats) => (token === 'token1' ? Promise.reject(new Problem(403, 'lease_superseded')) : Promise.resolve({ acked: beats.map((b) => b.seq), refused: [], progress: null, state: null })) })
    await evidence.renew()
    play(0, 0)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(leased.at(-1)).toEqual(['token2', 'token1'])
    play(1000, 5000)
    await vi.advanceTimersByTimeAsync(5000)
    expect(evidence.pending).toBe(0)
    evidence.close()
  })

  it('loses nothing of what an earlier page left when the server asks to slow down', async () => {
    let refusals = 3
    const sent: number[] = []
    const { evidence, store } = setup({
      post: async (_l, token, beats: Beat[]) => {
        if (token === 'old' && refusals-- > 0) throw new Problem(429, 'slow_down', {}, 2)
        if (token === 'old') sent.push(...beats.map((b) => b.seq))
        return { acked: beats.map((b) => b.seq), refused: [], progress: null, state: null }
      },
    })
    await store.putLease({ leaseId: 'old', token: 'old', lessonId: 'lesson', memberId: 'm', keptAt: 0 })
    for (let seq = 1; seq <= 100; seq += 1)
      await store.putBeat('old', { seq, state: 'playing', cause: 'tick', source: 'live', mode: 'video', from_ms: 0, to_ms: 1, rate_milli: 1000, visible: true, client_ms: 0, gesture: false })
    await evidence.renew()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(sent).toHaveLength(100)
    expect(await store.leases()).not.toContainEqual(expect.objectContaining({ leaseId: 'old' }))
    evidence.close()
  })

  const beat = (seq: number): Beat => ({ seq, state: 'playing', cause: 'tick', source: 'live', mode: 'video', from_ms: 0, to_ms: 1, rate_milli: 1000, visible: true, client_ms: 0, gesture: false })
  const answered = (beats: Beat[]): PostAnswer => ({ acked: beats.map((b) => b.seq), refused: [], progress: null, state: null })

  it('gives up what a withdrawn item would never take, and delivers the rest of what earlier pages left', async () => {
    const asked: string[] = []
    const { evidence, store } = setup({
      post: async (_item, token, beats) => {
        if (beats.length > 0) asked.push(token)
        if (token === 'gone') throw new Problem(410, 'episode_withdrawn')
        if (token === 'moved') throw new Problem(403, 'not_invited')
        return answered(beats)
      },
    })
    for (const token of ['gone', 'moved', 'good']) {
      await store.putLease({ leaseId: token, token, lessonId: 'x', memberId: 'm', keptAt: 0 })
      await store.putBeat(token, beat(1))
    }
    await evidence.renew()
    await vi.advanceTimersByTimeAsync(600_000)
    expect(asked).toEqual(['gone', 'moved', 'good'])
    expect((await store.leases()).filter(({ leaseId }) => !leaseId.startsWith('lease'))).toEqual([])
    evidence.close()
  })

  it('tries again what the server could not take, without a new connection or page', async () => {
    let busy = 3
    const { evidence, store } = setup({
      post: async (_item, token, beats) => {
        if (token === 'old' && busy-- > 0) throw new Problem(503, 'busy')
        return answered(beats)
      },
    })
    await store.putLease({ leaseId: 'old', token: 'old', lessonId: 'x', memberId: 'm', keptAt: 0 })
    await store.putBeat('old', beat(1))
    await evidence.renew()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await store.beats('old')).toEqual([])
    evidence.close()
  })

  it('keeps for its owner what is refused because somebody else is signed in', async () => {
    const { evidence, store } = setup({ post: async (_item, token, beats) => (token === 'old' ? Promise.reject(new Problem(403, 'lease_not_yours')) : answered(beats)) })
    await store.putLease({ leaseId: 'old', token: 'old', lessonId: 'x', memberId: 'm', keptAt: 0 })
    await store.putBeat('old', beat(1))
    await evidence.renew()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await store.beats('old')).toHaveLength(1)
    evidence.close()
  })

  it('asks for another lease when the device’s clock jumps ahead, and loses nothing of what is played meanwhile', async () => {
    const jump = { ms: 0 }
    const { evidence, leased, play, posted } = setup({}, () => jump.ms)
    await evidence.renew()
    await vi.advanceTimersByTimeAsync(20_000)
    jump.ms = 24 * HOUR
    play(0, 0)
    expect(evidence.pending).toBe(3)
    // The answer sets the clock right.
    jump.ms = 0
    await vi.advanceTimersByTimeAsync(5000)
    expect(leased.map(([token]) => token)).toEqual(['token1', 'token2'])
    expect([posted.at(-1), evidence.pending]).toEqual([['token2', [1, 2, 3]], 0])
    evidence.close()
  })

  it('sends what was held with the last message when the page goes away', async () => {
    const jump = { ms: 0 }
    const last: number[] = []
    const { evidence, play, store } = setup({ beacon: (_item, _token, beats) => last.push(...beats.map((b) => b.seq)) > 0 }, () => jump.ms)
    await evidence.renew()
    jump.ms = 24 * HOUR
    play(0, 0)
    evidence.beacon()
    expect(last).toEqual([1, 2, 3])
    // And it stands in the store should the message be lost.
    expect(await store.beats('lease1')).toHaveLength(3)
    evidence.close()
  })

  it('does not ask by itself for what it was refused for good', async () => {
    let leases = 0
    const { evidence, play } = setup({ lease: async () => (++leases === 1 ? { ...grant(1), expires_at: 30_000 } : Promise.reject(new Problem(410, 'episode_withdrawn'))) })
    await evidence.renew()
    await vi.advanceTimersByTimeAsync(60_000)
    for (let n = 0; n < 20; n += 1) {
      play(n * 1000, n * 1000)
      await vi.advanceTimersByTimeAsync(15_000)
    }
    expect(leases).toBe(2)
    expect(await evidence.renew()).toBeNull()
    expect(leases).toBe(3)
    evidence.close()
  })
})

describe('an answer to beats', () => {
  it.each([
    [410, 'episode_withdrawn', true],
    [404, 'not_found', true],
    [403, 'not_invited', true],
    [403, 'lease_expired', true],
    [400, 'batch_too_large', true],
    [413, 'http_413', true],
    [401, 'sign_in_required', false],
    [403, 'password_first', false],
    [403, 'lease_not_yours', false],
    [403, 'http_403', false],
    [404, 'http_404', false],
    [408, 'body_too_slow', false],
    [429, 'slow_down', false],
    [503, 'busy', false],
    [500, 'internal', false],
    [0, 'unreachable', false],
  ])('%i %s is the last word: %s', (status, code, final) => expect(isFinal(new Problem(status, code))).toBe(final))
})
