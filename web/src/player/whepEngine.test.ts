import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WhepEngine } from './whepEngine'

const NTP = 2_208_988_800_000
const ZERO = 1_800_000_000_000

/** A peer connection as far as the engine looks at it: what it plays is what the test says. */
class FakePeer {
  connectionState = 'new'
  localDescription: { sdp: string } | null = null
  answer = ''
  closed = false
  frames = 0
  samples = 0
  dated = true
  kinds: string[] = []
  readonly transport = { state: 'new' }
  addTransceiver(kind: string, init: { direction: string }) {
    this.kinds.push(`${kind} ${init.direction}`)
    this.receivers.push({ track: { kind }, transport: this.transport })
  }
  receivers: { track: { kind: string }; transport: { state: string } }[] = []
  getReceivers = () => this.receivers
  createOffer = async () => ({ type: 'offer', sdp: 'offer' })
  setLocalDescription = async () => void (this.localDescription = { sdp: 'offer' })
  setRemoteDescription = async ({ sdp }: { sdp: string }) => {
    this.answer = sdp
    this.connectionState = 'connected'
    this.transport.state = 'connected'
  }
  getStats = async () => {
    if (this.closed) throw new Error('closed')
    const estimatedPlayoutTimestamp = this.dated ? NTP + ZERO + performance.now() : undefined
    return new Map([
      [
        'V',
        {
          type: 'inbound-rtp',
          kind: 'video',
          framesDecoded: this.frames,
          totalSamplesReceived: this.samples,
          concealedSamples: 0,
          estimatedPlayoutTimestamp,
        },
      ],
    ])
  }
  close(): void {
    this.closed = true
  }
}

const URL_OF_IT = 'http://media:8081/whep/lease/lesson'
let peer: FakePeer
let asked: string[]
let said: string[]
let video: EventTarget & { srcObject: unknown }
let engine: WhepEngine
let playing: ReturnType<typeof setInterval>

const created = () => new Response('answer', { status: 201, headers: { Location: '/whep/session1' } })
const refused = (status: number, code: string) => new Response(JSON.stringify({ code }), { status, headers: { 'Retry-After': '2' } })

function start(answer: () => Response | Promise<Response> = created) {
  engine = new WhepEngine(
    video as HTMLVideoElement,
    { ready: () => said.push('ready'), failed: (kind) => said.push(kind), flows: (moving) => said.push(moving ? 'moves' : 'stands') },
    {
      peer: () => peer as unknown as RTCPeerConnection,
      fetch: async (url, init) => {
        asked.push(`${init?.method} ${String(url)}`)
        return init?.method === 'POST' ? answer() : new Response(null, { status: 200 })
      },
    },
  )
  engine.load(URL_OF_IT)
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const media = (on: boolean, what: 'frames' | 'samples' = 'frames') => {
  clearInterval(playing)
  if (on) playing = setInterval(() => (peer[what] += 1), 40)
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal(
    'MediaStream',
    class {
      constructor(readonly tracks: unknown[]) {}
      addTrack = (track: unknown) => void this.tracks.push(track)
      removeTrack = (track: unknown) => void this.tracks.splice(this.tracks.indexOf(track), 1)
    },
  )
  ;[peer, asked, said, video] = [new FakePeer(), [], [], Object.assign(new EventTarget(), { srcObject: null })]
})
afterEach(() => {
  media(false)
  engine.destroy()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('a connection', () => {
  it('receives picture and sound, is ready with the first frame, and tells its end', async () => {
    start()
    expect(video.srcObject).toMatchObject({ tracks: [{ kind: 'video' }, { kind: 'audio' }] })
    await pass(1000)
    expect([said, engine.behindLiveMs()]).toEqual([[], null])
    media(true)
    await pass(1000)
    expect([said, peer.kinds, peer.answer, engine.behindLiveMs()]).toEqual([['ready'], ['video recvonly', 'audio recvonly'], 'answer', 0])
    engine.destroy()
    expect([asked, peer.closed, video.srcObject]).toEqual([[`POST ${URL_OF_IT}`, 'DELETE http://media:8081/whep/session1'], true, null])
  })

  it('is listened to where no picture comes, and shows one that comes later', async () => {
    start()
    media(true, 'samples')
    await pass(3000)
    expect([said, video.srcObject, engine.date() !== null]).toEqual([
      ['ready', 'moves'],
      expect.objectContaining({ tracks: [{ kind: 'audio' }] }),
      true,
    ])
    media(true)
    await pass(1000)
    expect([said, video.srcObject]).toEqual([
      ['ready', 'moves'],
      expect.objectContaining({ tracks: [{ kind: 'audio' }, { kind: 'video' }] }),
    ])
  })

  it('is looked at when the media plays on and no timer comes', async () => {
    start()
    media(true)
    await pass(2000)
    const looked = vi.spyOn(peer, 'getStats')
    video.dispatchEvent(new Event('timeupdate'))
    expect(looked, 'a timer came just now').not.toHaveBeenCalled()
    const later = performance.now() + 5000
    vi.spyOn(performance, 'now').mockReturnValue(later)
    video.dispatchEvent(new Event('timeupdate'))
    video.dispatchEvent(new Event('timeupdate'))
    vi.restoreAllMocks()
    expect(looked).toHaveBeenCalledTimes(1)
  })

  it('knows the date of what shows and when it did', async () => {
    start()
    media(true)
    await pass(2000)
    expect(engine.date()).toBeCloseTo(ZERO + engine.datedAt(), 3)
    expect(performance.now() - engine.datedAt()).toBeLessThanOrEqual(250)
  })

  it('stays while nothing comes over a living connection, and says that it stands', async () => {
    start()
    media(true)
    await pass(2000)
    media(false)
    const date = engine.date()
    await pass(30_000)
    expect([said, engine.date()! - date! <= 250]).toEqual([['ready', 'stands'], true])
    media(true)
    await pass(1000)
    expect(said).toEqual(['ready', 'stands', 'moves'])
  })

  it('is lost at once when the other side closes, whatever the connection says', async () => {
    start()
    media(true)
    await pass(1000)
    peer.transport.state = 'closed'
    await pass(250)
    expect([said, peer.closed, asked]).toEqual([['ready', 'lost'], true, [`POST ${URL_OF_IT}`]])
    await pass(20_000)
    expect(said).toEqual(['ready', 'lost'])
  })

  it('gets a moment to mend when it is shaky, and no more', async () => {
    start()
    media(true)
    await pass(1000)
    peer.connectionState = 'disconnected'
    await pass(10_000)
    expect(said, 'it plays all the same').toEqual(['ready'])
    media(false)
    await pass(2500)
    peer.connectionState = 'connected'
    media(true)
    await pass(1000)
    expect(said).toEqual(['ready', 'stands', 'moves'])
    media(false)
    peer.connectionState = 'disconnected'
    await pass(4000)
    expect(said.at(-1)).toBe('lost')
  })
})

describe('what does not become one', () => {
  it.each([
    [() => refused(409, 'no_publisher'), 'later'],
    [() => refused(503, 'full'), 'later'],
    [() => Promise.reject(new TypeError('failed to fetch')), 'later'],
    [() => refused(409, 'not_for_webrtc'), 'never'],
    [() => refused(406, 'offer_not_playable'), 'never'],
    [() => refused(403, 'lease_expired'), 'never'],
    [() => new Response('', { status: 200 }), 'never'],
  ])('is given up', async (answer, kind) => {
    start(answer)
    await pass(500)
    expect([said, peer.closed]).toEqual([[kind], true])
  })

  it('is given up when no frame comes in time', async () => {
    start()
    await pass(3900)
    expect(said).toEqual([])
    await pass(500)
    expect([said, asked.at(-1)]).toEqual([['never'], 'DELETE http://media:8081/whep/session1'])
  })

  it('leaves no session behind that was answered too late', async () => {
    let answer: (response: Response) => void = () => undefined
    start(() => new Promise((resolve) => (answer = resolve)))
    await pass(5000)
    expect([said, asked]).toEqual([['never'], [`POST ${URL_OF_IT}`]])
    answer(created())
    await pass(10)
    expect([asked.at(-1), peer.answer]).toEqual(['DELETE http://media:8081/whep/session1', ''])
  })

  it('is given up when what it plays has no date: it would not count', async () => {
    peer.dated = false
    start()
    media(true)
    await pass(5000)
    expect([said, engine.date()]).toEqual([['ready'], null])
    await pass(2000)
    expect(said).toEqual(['ready', 'never'])
  })

  it('frees its place when the page goes away', async () => {
    start()
    media(true)
    await pass(1000)
    dispatchEvent(new Event('pagehide'))
    expect(asked.at(-1)).toBe('DELETE http://media:8081/whep/session1')
  })
})
