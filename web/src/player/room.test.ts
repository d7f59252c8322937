import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '@/api/problem'
import type { Beat, Progress } from '@/api/types'
import type { BeatDraft } from './meter'
import { Outbox } from './outbox'
import { MemoryOutbox } from './outboxStore'
import { ACK_MS, CLOSE_TOO_MANY, FALLBACK_AFTER_MS, POLL_MS, Room, type Link, type PostAnswer } from './room'

const draft: BeatDraft = {
  state: 'playing',
  cause: 'tick',
  source: 'live',
  mode: 'video',
  from_ms: 0,
  to_ms: 15_000,
  rate_milli: 1000,
  visible: true,
  client_ms: 1,
  gesture: false,
}

class FakeSocket {
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  sent: { type: string; beats: Beat[] }[] = []
  closed = false
  send(text: string) {
    this.sent.push(JSON.parse(text))
  }
  close() {
    this.closed = true
  }
  down(message: unknown) {
    this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) })
  }
}

function setup(post: (beats: Beat[]) => Promise<PostAnswer> = () => Promise.reject(new Problem(0, 'unreachable'))) {
  const sockets: FakeSocket[] = []
  const outbox = new Outbox({ leaseId: 'l', token: 't', lessonId: 'x', memberId: 'm', keptAt: 0 }, new MemoryOutbox())
  const seen = { links: [] as Link[], leases: [] as string[], progress: [] as Progress[], states: 0 }
  const room = new Room({
    url: 'ws://room',
    outbox,
    random: () => 0.5,
    post,
    socket: () => {
      const socket = new FakeSocket()
      sockets.push(socket)
      return socket as unknown as WebSocket
    },
    events: {
      state: () => (seen.states += 1),
      progress: (p) => seen.progress.push(p),
      link: (l) => seen.links.push(l),
      lease: (c) => seen.leases.push(c),
      signedOut: () => undefined,
    },
  })
  return { room, outbox, sockets, seen, last: () => sockets.at(-1)! }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A hidden page: timers do not come, media events do. */
function playsOn(room: Room, ms: number): void {
  for (let passed = 0; passed < ms; passed += 250) {
    clock += 250
    room.catchUp()
  }
}
let clock = 0

describe('the room of a hidden page', () => {
  beforeEach(() => {
    clock = 1000
    vi.spyOn(performance, 'now').mockImplementation(() => clock)
  })
  afterEach(() => void vi.restoreAllMocks())

  it('reports although no timer comes', () => {
    const { room, outbox, last } = setup()
    room.start()
    last().onopen?.()
    outbox.add(draft)
    room.flush()
    playsOn(room, 250)
    expect(last().sent.map(({ beats }) => beats.map((b) => b.seq))).toEqual([[1]])
    room.close()
    playsOn(room, 20_000)
    expect(last().sent).toHaveLength(1)
  })

  it('gives up a dead socket, opens another and reports by it although no timer comes', () => {
    const { room, outbox, sockets, last } = setup()
    room.start()
    last().onopen?.()
    outbox.add(draft)
    room.flush()
    playsOn(room, ACK_MS + 1000)
    expect(sockets).toHaveLength(2)
    expect(sockets[0]!.closed).toBe(true)
    last().onopen?.()
    expect(last().sent.map(({ beats }) => beats.map((b) => b.seq))).toEqual([[1]])
  })

  it('does not run before its time what waits', () => {
    const { room, outbox, sockets, last } = setup()
    room.start()
    last().onopen?.()
    outbox.add(draft)
    room.flush()
    playsOn(room, ACK_MS - 500)
    expect(sockets).toHaveLength(1)
  })
})

describe('the room', () => {
  it('sends beats once and forgets them when they are acknowledged', () => {
    const { room, outbox, last, seen } = setup()
    room.start()
    last().onopen?.()
    outbox.add(draft)
    outbox.add(draft)
    room.flush()
    vi.advanceTimersByTime(50)
    room.flush()
    vi.advanceTimersByTime(50)
    expect(last().sent.map((m) => m.beats.map((b) => b.seq))).toEqual([[1, 2]])
    last().down({ type: 'ack', acked: [1, 2], refused: [], progress: { counted_ms: 15_000 } })
    expect(outbox.size).toBe(0)
    expect(seen.progress).toHaveLength(1)
    room.close()
  })

  it('sends what was not acknowledged again over the next socket', () => {
    const { room, outbox, sockets, last } = setup()
    room.start()
    last().onopen?.()
    outbox.add(draft)
    room.flush()
    vi.advanceTimersByTime(50)
    last().onclose?.({ code: 1006 })
    vi.advanceTimersByTime(1000)
    expect(sockets).toHaveLength(2)
    last().onopen?.()
    expect(last().sent[0]!.beats.map((b) => b.seq)).toEqual([1])
    room.close()
  })

  it('gives up a socket that acknowledges nothing', () => {
    const { room, outbox, sockets } = setup()
    room.start()
    sockets[0]!.onopen?.()
    outbox.add(draft)
    room.flush()
    vi.advanceTimersByTime(ACK_MS + 1000)
    expect(sockets[0]!.closed).toBe(true)
    expect(sockets.length).toBeGreaterThan(1)
    room.close()
  })

  it('falls back to POST when no socket opens, and still tries for one', async () => {
    const posted: number[][] = []
    const { room, outbox, sockets, seen, last } = setup(async (beats) => {
      posted.push(beats.map((b) => b.seq))
      return { acked: beats.map((b) => b.seq), refused: [], progress: null, state: { phase: 'live' } as PostAnswer['state'] }
    })
    room.start()
    last().onclose?.({ code: 1006 })
    outbox.add(draft)
    room.flush()
    await vi.advanceTimersByTimeAsync(FALLBACK_AFTER_MS + 100)
    expect(posted).toEqual([[1]])
    expect(outbox.size).toBe(0)
    expect(seen.states).toBe(1)
    expect(seen.links.at(-1)).toBe('fallback')
    await vi.advanceTimersByTimeAsync(POLL_MS + 100)
    expect(posted).toEqual([[1], []])
    last().onopen?.()
    await vi.advanceTimersByTimeAsync(2 * POLL_MS)
    expect(posted).toHaveLength(2)
    expect(sockets.length).toBeGreaterThan(1)
    expect(seen.links.at(-1)).toBe('open')
    room.close()
  })

  it('keeps every beat through an outage of the server', async () => {
    let up = false
    const { room, outbox, last } = setup(async (beats) => {
      if (!up) throw new Problem(0, 'unreachable')
      return { acked: beats.map((b) => b.seq), refused: [], progress: null, state: null }
    })
    room.start()
    for (let i = 0; i < 100; i++) {
      outbox.add(draft)
      room.flush()
      last().onclose?.({ code: 1006 })
      await vi.advanceTimersByTimeAsync(1000)
    }
    expect(outbox.size).toBe(100)
    up = true
    await vi.advanceTimersByTimeAsync(20_000)
    expect(outbox.size).toBe(0)
    room.close()
  })

  it('asks for another lease when the server says so', async () => {
    const { room, outbox, last, seen } = setup()
    room.start()
    last().onopen?.()
    outbox.add(draft)
    last().down({ type: 'ack', acked: [], refused: [{ seq: 1, code: 'lease_expired' }], progress: null })
    expect(seen.leases).toEqual(['lease_expired'])
    expect(outbox.size).toBe(0)
    room.close()
  })

  it('gives up a beat that was refused without its number, and finds out which by the order of the answers', () => {
    const { room, outbox, last } = setup()
    room.start()
    last().onopen?.()
    for (const _ of [1, 2, 3]) {
      outbox.add(draft)
      outbox.add(draft)
      room.flush()
      vi.advanceTimersByTime(50)
    }
    expect(last().sent.map((m) => m.beats.map((b) => b.seq))).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ])
    last().down({ type: 'error', code: 'busy' })
    last().down({ type: 'ack', acked: [4], refused: [{ seq: null, code: 'malformed' }], progress: null })
    expect(outbox.batch().map((b) => b.seq)).toEqual([1, 2, 5, 6])
    last().down({ type: 'error', code: 'malformed' })
    expect(outbox.batch().map((b) => b.seq)).toEqual([1, 2])
    last().down({ type: 'error', code: 'malformed' })
    expect(outbox.size).toBe(2)
    room.close()
  })

  it('does not hammer a server that says nothing of what it was sent', async () => {
    let posts = 0
    const { room, outbox } = setup(async () => {
      posts += 1
      return { acked: [], refused: [], progress: null, state: null }
    })
    outbox.add(draft)
    room.start()
    await vi.advanceTimersByTimeAsync(FALLBACK_AFTER_MS + 3 * POLL_MS + 100)
    expect(posts).toBe(4)
    expect(outbox.size).toBe(1)
    room.close()
  })

  it('does not let one unacceptable batch block the others', async () => {
    const { room, outbox } = setup(async (beats) => {
      if (beats.some((b) => b.seq <= 64)) throw new Problem(400, 'bad_request')
      return { acked: beats.map((b) => b.seq), refused: [], progress: null, state: null }
    })
    for (let i = 0; i < 65; i++) outbox.add(draft)
    room.start()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(outbox.size).toBe(0)
    room.close()
  })

  it('survives nonsense', () => {
    const { room, last } = setup()
    room.start()
    last().onopen?.()
    for (const junk of ['', '{', 'null', '[]', '5', '{"type":"new"}']) last().down(junk)
    room.close()
  })

  it('does not come back by itself when newer pages took its place, and sends by POST meanwhile', async () => {
    const posted: number[][] = []
    const post = (beats: Beat[]): Promise<PostAnswer> => {
      posted.push(beats.map((b) => b.seq))
      return Promise.resolve({ acked: beats.map((b) => b.seq), refused: [], progress: null, state: null } as unknown as PostAnswer)
    }
    const { room, outbox, sockets, seen, last } = setup(post)
    room.start()
    last().onopen?.()
    outbox.add(draft)
    last().onclose?.({ code: CLOSE_TOO_MANY })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sockets).toHaveLength(1)
    expect(posted[0]).toEqual([1])
    expect(posted.length).toBeLessThan(60_000 / POLL_MS + 2)
    expect(seen.links.at(-1)).toBe('fallback')
    room.hurry()
    expect(sockets).toHaveLength(2)
    room.close()
  })
})
