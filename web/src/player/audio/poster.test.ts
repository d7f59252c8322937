import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '@/api/problem'
import type { Beat } from '@/api/types'
import type { BeatDraft } from '../meter'
import { Outbox } from '../outbox'
import { MemoryOutbox } from '../outboxStore'
import { Poster } from './poster'

const draft: BeatDraft = {
  state: 'playing',
  cause: 'tick',
  source: 'replay',
  mode: 'audio',
  from_ms: 0,
  to_ms: 1,
  rate_milli: 1000,
  visible: true,
  client_ms: 0,
  gesture: false,
}

function setup(answer: (n: number) => Problem | null) {
  const outbox = new Outbox({ leaseId: 'l', token: 't', lessonId: 'e', kind: 'episode', memberId: 'm', keptAt: 0 }, new MemoryOutbox())
  const heard: string[] = []
  let posts = 0
  const poster = new Poster({
    outbox,
    random: () => 0.5,
    post: async (beats: Beat[]) => {
      posts += 1
      const problem = answer(posts)
      if (problem) throw problem
      return { acked: beats.map((b) => b.seq), refused: [], progress: null, state: null }
    },
    events: {
      progress: () => undefined,
      link: () => undefined,
      lease: (code) => heard.push(`lease ${code}`),
      signedOut: () => heard.push('signed out'),
      turnedDown: ({ code }) => heard.push(code),
    },
  })
  const beat = () => {
    outbox.add(draft)
    poster.flush()
  }
  return { outbox, poster, heard, beat, posts: () => posts }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('sending what was heard', () => {
  it.each([
    [410, 'episode_withdrawn'],
    [404, 'not_found'],
    [403, 'not_invited'],
  ])('ends for what is refused for good (%i %s), says so, and goes on with what comes next', async (status, code) => {
    const { beat, heard, outbox, poster, posts } = setup((n) => (n === 1 ? new Problem(status, code) : null))
    beat()
    await vi.advanceTimersByTimeAsync(100)
    expect([outbox.size, heard]).toEqual([0, [code]])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(posts()).toBe(1)
    beat()
    await vi.advanceTimersByTimeAsync(100)
    expect([posts(), outbox.size]).toEqual([2, 0])
    poster.close()
  })

  it('asks for another lease when this one is over, once, and does not send its beats for ever', async () => {
    const { beat, heard, outbox, poster, posts } = setup(() => new Problem(403, 'lease_expired'))
    beat()
    await vi.advanceTimersByTimeAsync(600_000)
    expect([heard, outbox.size, posts()]).toEqual([['lease lease_expired'], 0, 1])
    poster.close()
  })

  it.each([
    [503, 'busy'],
    [429, 'slow_down'],
    [0, 'unreachable'],
    [403, 'password_first'],
    [403, 'http_403'],
  ])('tries again later and later after %i %s', async (status, code) => {
    const { beat, outbox, poster, posts } = setup((n) => (n < 5 ? new Problem(status, code) : null))
    beat()
    await vi.advanceTimersByTimeAsync(2000)
    expect(outbox.size).toBe(1)
    expect(posts()).toBeLessThan(4)
    await vi.advanceTimersByTimeAsync(60_000)
    expect([outbox.size, posts()]).toEqual([0, 5])
    poster.close()
  })
})
