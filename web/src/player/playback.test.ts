import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Engine, EngineEvents, EngineFactory, Quality } from './engine'
import { Playback } from './playback'
import type { Source } from './source'

/** A media element that does what it is told. */
class FakeVideo extends EventTarget {
  paused = true
  ended = false
  seeking = false
  currentTime = 0
  readyState = 0
  play = async () => {
    this.paused = false
  }
  pause() {
    if (this.paused) return
    this.paused = true
    this.dispatchEvent(new Event('pause'))
  }
  plays() {
    this.dispatchEvent(new Event('playing'))
  }
}

interface Opened {
  way: 'hls' | 'whep'
  url: string
  events: EngineEvents
  gone: boolean
  quality: Quality
}

const LIVE: Source = { kind: 'live', url: '/live', listen: '/listen', whep: '/whep' }
let video: FakeVideo
let opened: Opened[]
let said: string[]
let playback: Playback
let whepThere: boolean
let choices: boolean

const make =
  (way: 'hls' | 'whep'): EngineFactory =>
  (_video, events) => {
    const one: Opened = { way, url: '', events, gone: false, quality: 'auto' }
    opened.push(one)
    const engine: Engine = {
      load: (url) => (one.url = url),
      swapLease: () => true,
      resume: () => undefined,
      date: () => null,
      seekToDate: () => false,
      seekLive: () => undefined,
      behindLiveMs: () => 0,
      destroy: () => (one.gone = true),
      ...(way === 'whep' ? { realtime: true as const } : { prefer: (quality: Quality) => (one.quality = quality) }),
    }
    return engine
  }
const settle = () => vi.advanceTimersByTimeAsync(0)
const last = () => opened.at(-1)!
/** By which ways it was opened, one after the other. */
const ways = () => opened.map(({ way }) => way).join(' ')
/** What plays now. */
const plays = () => opened.filter(({ gone }) => !gone).map(({ way, url }) => `${way} ${url}`)
async function playing(source = LIVE) {
  playback.wanted = true
  await playback.open(source, 'live')
  last().events.ready()
  video.plays()
}

beforeEach(() => {
  vi.useFakeTimers()
  ;[video, opened, said, whepThere, choices] = [new FakeVideo(), [], [], true, false]
  const say = (what: string) => () => void said.push(what)
  playback = new Playback({
    video: video as unknown as HTMLVideoElement,
    loadEngine: async () => make('hls'),
    loadWhep: async () => (whepThere ? make('whep') : null),
    random: () => 0.5,
    now: () => performance.now(),
    events: {
      moving: say('moving'),
      standing: (why) => said.push(why),
      paused: say('paused'),
      blocked: say('blocked'),
      ended: say('ended'),
      jumped: say('jumped'),
      leaseRefused: say('lease'),
      choices: (many) => (choices = many),
      course: () => undefined,
      unsupported: say('unsupported'),
    },
  })
})
afterEach(() => {
  playback.destroy()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('the picture that was chosen', () => {
  it('is kept by every source that is opened, and there is no choice by WHEP', async () => {
    playback.prefer('low')
    await playing({ ...LIVE, whep: null })
    last().events.choices?.(true)
    expect([last().quality, choices]).toEqual(['low', true])
    playback.prefer('high')
    expect(last().quality).toBe('high')
    const before = last()
    await playing()
    expect([plays(), choices]).toEqual([['whep /whep'], false])
    before.events.choices?.(true)
    expect(choices).toBe(false)
    await playing({ ...LIVE, whep: null })
    expect(last().quality).toBe('high')
  })
})

describe('a low-latency lesson', () => {
  it('plays by WHEP where it can, and by LL-HLS where not', async () => {
    await playing()
    expect(plays()).toEqual(['whep /whep'])
    whepThere = false
    await playing()
    expect(plays()).toEqual(['hls /live'])
    await playing({ ...LIVE, whep: null })
    expect(plays()).toEqual(['hls /live'])
  })

  it('goes on by LL-HLS for this visit when it does not play', async () => {
    playback.wanted = true
    await playback.open(LIVE, 'live')
    last().events.failed('never', 'no frame')
    await settle()
    expect([plays(), said]).toEqual([['hls /live'], ['buffering', 'jumped']])
    playback.pause()
    playback.play()
    playback.lecturerBack()
    await playback.open(LIVE, 'live')
    expect(ways()).toBe('whep hls hls')
  })

  it('joins once more when the connection is lost, then goes on by LL-HLS', async () => {
    await playing()
    last().events.failed('lost', 'closed')
    await settle()
    expect(plays()).toEqual(['whep /whep'])
    last().events.ready()
    video.plays()
    last().events.failed('lost', 'closed')
    await settle()
    expect([ways(), plays()]).toEqual(['whep whep hls', ['hls /live']])
  })

  it('asks a full node again when play is pressed, not before', async () => {
    await playing()
    last().events.failed('later', 'full')
    await settle()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(plays()).toEqual(['hls /live'])
    video.plays()
    playback.pause()
    playback.play()
    await settle()
    expect(plays()).toEqual(['whep /whep'])
  })

  it('asks again when the lecturer is there', async () => {
    await playing()
    last().events.failed('later', 'no_publisher')
    await settle()
    playback.lecturerBack()
    await settle()
    expect(plays()).toEqual(['whep /whep'])
    playback.lecturerBack()
    await settle()
    expect(ways(), 'what plays is left alone').toBe('whep hls whep')
  })

  it('leaves when it is paused and joins when it goes on', async () => {
    await playing()
    playback.pause()
    expect([plays(), said]).toEqual([[], ['moving', 'paused', 'jumped']])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(ways()).toBe('whep')
    playback.play()
    await settle()
    expect([plays(), video.paused]).toEqual([['whep /whep'], false])
  })

  it('leaves when it is paused while it still joins', async () => {
    playback.wanted = true
    await playback.open(LIVE, 'live')
    playback.pause()
    expect([plays(), said]).toEqual([[], ['paused', 'jumped']])
  })

  it('does not join before anybody wants to see it', async () => {
    await playback.open(LIVE, 'live')
    expect(opened).toEqual([])
    playback.play()
    await settle()
    expect(plays()).toEqual(['whep /whep'])
  })

  it('joins with the new lease', async () => {
    await playing()
    playback.swapLease('a', 'b', { kind: 'live', url: '/live2', listen: '/listen2', whep: '/whep2' })
    expect(ways()).toBe('whep')
    last().events.failed('lost', 'closed')
    await settle()
    expect(plays()).toEqual(['whep /whep2'])
  })

  it('waits for the network instead of giving up', async () => {
    await playing()
    vi.stubGlobal('navigator', { onLine: false })
    last().events.failed('lost', 'silent')
    await vi.advanceTimersByTimeAsync(60_000)
    expect([plays(), said.at(-2)]).toEqual([[], 'reconnecting'])
    playback.hurry()
    await settle()
    expect(plays()).toEqual(['whep /whep'])
  })

  it('stays connected while the lecturer is away, however long', async () => {
    await playing()
    playback.lecturerAway = true
    last().events.flows?.(false)
    await vi.advanceTimersByTimeAsync(120_000)
    expect([ways(), said.at(-1)]).toEqual(['whep', 'reconnecting'])
    playback.lecturerAway = false
    playback.lecturerBack()
    last().events.flows?.(true)
    await vi.advanceTimersByTimeAsync(20_000)
    expect([ways(), said.at(-1)]).toEqual(['whep', 'moving'])
  })

  it('gives up a connection that brings nothing although the lecturer is there', async () => {
    await playing()
    last().events.flows?.(false)
    await vi.advanceTimersByTimeAsync(5000)
    expect(ways()).toBe('whep')
    await vi.advanceTimersByTimeAsync(2000)
    expect(ways()).toBe('whep whep')
  })

  it('does not take the end of a connection for the end of the lesson', async () => {
    await playing()
    video.dispatchEvent(new Event('ended'))
    expect(said).not.toContain('ended')
    last().events.failed('never', 'x')
    await settle()
    video.dispatchEvent(new Event('ended'))
    expect(said.at(-1)).toBe('ended')
  })
})
