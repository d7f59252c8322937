import { beforeEach, describe, expect, it } from 'vitest'
import { Problem } from '@/api/problem'
import { WhipPublisher, type WhipState } from './whip'
import { h264First } from './whipSession'

/** A peer connection as far as the publisher looks at it. */
class FakePeer extends EventTarget {
  connectionState = 'new'
  localDescription: { sdp: string } | null = null
  packets = 0
  sent: (MediaStreamTrack | string | null)[] = []
  closed = false

  addTransceiver(track: MediaStreamTrack | string) {
    const at = this.sent.push(typeof track === 'string' ? null : track) - 1
    const replaceTrack = async (next: MediaStreamTrack | null) => void (this.sent[at] = next)
    return {
      sender: { replaceTrack, getParameters: () => ({ encodings: [{}] }), setParameters: async () => undefined },
      setCodecPreferences: () => undefined,
    }
  }
  createOffer = async () => ({ type: 'offer', sdp: 'offer' })
  setLocalDescription = async () => void (this.localDescription = { sdp: 'offer' })
  setRemoteDescription = async () => this.become(connects ? 'connected' : 'connecting')
  getStats = async () => new Map([['T', { type: 'transport', packetsReceived: this.packets }]])
  become(state: string): void {
    this.connectionState = state
    this.dispatchEvent(new Event('connectionstatechange'))
  }
  close(): void {
    this.closed = true
    this.connectionState = 'closed'
  }
}

type Answer = Response | Error
let peers: FakePeer[]
let asked: string[]
let offers: Answer[]
let probes: Answer[]
let connects: boolean
let states: WhipState[]
let timers: Map<number, { run: () => void; at: number }>
let now: number
let grants: (Problem | null)[]
let passes: number
let whip: WhipPublisher

const created = () => new Response('answer', { status: 201, headers: { Location: `/whip/s${peers.length}`, ETag: '"1"' } })
const refusal = (status: number, code: string, retry?: number) =>
  new Response(JSON.stringify({ code }), { status, headers: retry === undefined ? {} : { 'Retry-After': String(retry) } })
const settle = async (): Promise<void> => {
  for (let i = 0; i < 60; i++) await Promise.resolve()
}
/** Lets `ms` pass, a tick at a time. */
async function pass(ms: number): Promise<void> {
  const end = now + ms
  for (;;) {
    const next = [...timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0]
    if (!next) break
    timers.delete(next[0])
    now = Math.max(now, next[1].at)
    next[1].run()
    await settle()
  }
  now = end
  await settle()
}
const phase = () => states.at(-1)?.phase
const posts = () => asked.filter((line) => line.startsWith('POST')).length
const open = () => peers.filter((peer) => !peer.closed).length
const camera = { kind: 'video' } as MediaStreamTrack
const microphone = { kind: 'audio' } as MediaStreamTrack

beforeEach(() => {
  ;[peers, asked, offers, probes, states, grants] = [[], [], [], [], [], []]
  timers = new Map()
  now = 1_000_000
  passes = 0
  connects = true
  let ids = 0
  whip = new WhipPublisher({
    grant: async () => {
      const fails = grants.shift()
      if (fails) throw fails
      passes += 1
      return { whip_url: 'http://media:8081/whip', pass: `pass${passes}`, expires_at: now + 12 * 3_600_000 }
    },
    peer: () => {
      const peer = new FakePeer()
      peers.push(peer)
      return peer as unknown as RTCPeerConnection
    },
    fetch: async (input, init) => {
      asked.push(`${init?.method} ${String(input)}`)
      const answer =
        init?.method === 'POST'
          ? (offers.shift() ?? created())
          : init?.method === 'PATCH'
            ? (probes.shift() ?? new Response(null, { status: 204 }))
            : new Response(null, { status: 200 })
      if (answer instanceof Error) throw answer
      return answer
    },
    videoCodecs: () => null,
    setTimer: (run, ms) => {
      timers.set(++ids, { run, at: now + ms })
      return ids
    },
    clearTimer: (id) => void timers.delete(id),
    now: () => now,
    random: () => 1,
    onState: (state) => {
      states.push(state)
      expect(open(), 'never two sessions').toBeLessThanOrEqual(1)
    },
  })
})
const start = async () => {
  whip.start({ video: camera, audio: microphone })
  await settle()
}

describe('publishing', () => {
  it('sends picture and sound, and ends its session by its relative address', async () => {
    await start()
    expect(states.map((s) => s.phase)).toEqual(['connecting', 'sending'])
    expect(peers[0]!.sent).toEqual([microphone, camera])
    await whip.stop()
    expect(asked).toEqual(['POST http://media:8081/whip', 'DELETE http://media:8081/whip/s1'])
    expect([open(), phase(), timers.size]).toEqual([0, 'idle', 0])
  })

  it('changes the camera without a new session, and keeps it for the next', async () => {
    await start()
    const screen = { kind: 'video' } as MediaStreamTrack
    await whip.replace('video', screen)
    expect([peers[0]!.sent[1], posts()]).toEqual([screen, 1])
    peers[0]!.become('failed')
    await pass(3_000)
    expect(peers[1]!.sent[1]).toBe(screen)
  })

  it('sends what was changed while it connected', async () => {
    const screen = { kind: 'video' } as MediaStreamTrack
    whip.start({ video: camera, audio: null })
    const replaced = whip.replace('video', screen)
    await settle()
    await replaced
    expect(peers[0]!.sent[1]).toBe(screen)
  })

  it('says goodbye when the page is closed, without waiting', async () => {
    await start()
    whip.leave()
    expect([asked.at(-1), open(), phase()]).toEqual(['DELETE http://media:8081/whip/s1', 0, 'idle'])
  })

  it('does nothing more once stopped in the middle of an attempt', async () => {
    whip.start({ video: camera, audio: microphone })
    await whip.stop()
    await pass(20_000)
    expect([open(), phase()]).toEqual([0, 'idle'])
  })
})

describe('coming back', () => {
  it('connects anew at once when the connection failed, and ends the old session first', async () => {
    await start()
    peers[0]!.become('failed')
    await settle()
    expect(asked.slice(1)).toEqual(['DELETE http://media:8081/whip/s1', 'POST http://media:8081/whip'])
    expect([phase(), open()]).toEqual(['sending', 1])
    expect(states.find((s) => s.phase === 'connecting' && s.back)).toBeTruthy()
  })

  it('asks when nothing comes back any more, and connects anew when it is unknown', async () => {
    await start()
    for (let s = 0; s < 5; s++) {
      peers[0]!.packets += 1
      await pass(1_000)
    }
    expect(asked, 'a living connection is not asked about').toHaveLength(1)
    probes = [refusal(404, 'session_unknown')]
    await pass(5_000)
    expect([phase(), posts(), open()]).toEqual(['sending', 2, 1])
  })

  it('waits with the session while there is no way to the server', async () => {
    await start()
    probes = Array.from({ length: 15 }, () => new TypeError('failed to fetch'))
    await pass(15_000)
    expect([posts(), open()]).toEqual([1, 1])
    expect(states.at(-1), 'nobody is told that members see them').toMatchObject({ phase: 'sending', silent: true })
    peers[0]!.packets += 1
    await pass(1_000)
    expect(states.at(-1)).toMatchObject({ phase: 'sending', silent: false })
    probes = [refusal(404, 'session_unknown')]
    await pass(5_000)
    expect([phase(), posts()]).toEqual(['sending', 2])
  })

  it('tries until a seat that a dead connection holds is free', async () => {
    offers = [refusal(409, 'lesson_taken_or_over', 3), refusal(409, 'lesson_taken_or_over', 3), refusal(409, 'lesson_taken_or_over', 3)]
    await start()
    expect(states.at(-1)).toMatchObject({ phase: 'waiting', problem: { code: 'lesson_taken_or_over' } })
    await pass(5_000)
    expect([phase(), posts(), open()]).toEqual(['sending', 4, 1])
  })

  it('never waits longer than two seconds, however long it has failed', async () => {
    offers = Array.from({ length: 500 }, () => new TypeError('failed to fetch'))
    await start()
    await pass(120_000)
    offers = []
    const before = posts()
    await pass(2_000)
    expect([phase(), posts()]).toEqual(['sending', before + 1])
  })

  it('takes a server that cannot give a pass, or a full node, for a moment’s trouble', async () => {
    grants = [new Problem(0, 'unreachable'), new Problem(503, 'busy', {}, 30)]
    offers = [refusal(503, 'full', 3), refusal(502, 'x')]
    await start()
    await pass(10_000)
    expect(phase()).toBe('sending')
  })

  it('gives up on a connection that is not made, and tries again', async () => {
    connects = false
    await start()
    await pass(8_000)
    expect(states.at(-1)).toMatchObject({ phase: 'waiting', problem: { code: 'not_connected' } })
    connects = true
    await pass(2_000)
    expect([phase(), open()]).toEqual(['sending', 1])
  })

  it('tries at once when told that the network is back', async () => {
    offers = [new TypeError('failed to fetch'), new TypeError('failed to fetch')]
    await start()
    whip.hurry()
    await settle()
    whip.hurry()
    await settle()
    expect(phase()).toBe('sending')
  })
})

describe('what a person has to mend', () => {
  it('takes a new pass for an old one, and gives up on a second refusal', async () => {
    offers = [refusal(401, 'key_wrong')]
    await start()
    await pass(1_000)
    expect([phase(), passes]).toEqual(['sending', 2])
    offers = [refusal(401, 'key_wrong'), refusal(401, 'key_wrong')]
    peers[1]!.become('failed')
    await settle()
    await pass(5_000)
    expect(states.at(-1)).toMatchObject({ phase: 'refused', problem: { code: 'key_wrong' } })
    whip.start({ video: camera, audio: microphone })
    await settle()
    expect(phase(), 'a press tries again').toBe('sending')
  })

  it.each([
    [() => (offers = [refusal(406, 'offer_not_playable')]), 'offer_not_playable'],
    [() => (grants = [new Problem(409, 'wrong_phase')]), 'wrong_phase'],
    [() => (grants = [new Problem(403, 'not_allowed')]), 'not_allowed'],
  ])('stops with its code', async (fail, code) => {
    fail()
    await start()
    await pass(60_000)
    expect(states.at(-1)).toMatchObject({ phase: 'refused', problem: { code } })
    expect([open(), timers.size]).toEqual([0, 0])
  })
})

describe('the offer', () => {
  it('prefers the H.264 every phone plays', () => {
    const codec = (mimeType: string, sdpFmtpLine?: string) => ({ mimeType, sdpFmtpLine, clockRate: 90_000 })
    const high = codec('video/H264', 'packetization-mode=1;profile-level-id=640c1f')
    const base = codec('video/H264', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f')
    const single = codec('video/H264', 'packetization-mode=0;profile-level-id=42e01f')
    const [vp8, rtx] = [codec('video/VP8'), codec('video/rtx')]
    expect(h264First([vp8, rtx, single, high, base])).toEqual([base, high, single, vp8, rtx])
  })
})
