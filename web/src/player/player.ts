/**
 * The player of a lesson: brings picture, evidence and room together and tells a page what to show. Knows no framework.
 * It must never claim what was not played, and never stop playing because something else failed.
 */
import type { LeaseGrant, RoomState } from '@/api/types'
import type { Quality, StartAt } from './engine'
import { Evidence, type EvidenceApi } from './evidence'
import type { BeatState } from '@/api/types'
import type { Sample } from './meter'
import type { OutboxStore } from './outbox'
import type { EngineFactory } from './engine'
import type { Device } from './platform'
import { NOTHING, lackAt, lacksOf } from './lacks'
import { Playback } from './playback'
import type { Source } from './source'
import { text } from './probe'
import { firstState, sourceOf, type PlayerState, type Stage } from './state'

export interface PlayerOptions {
  lessonId: string
  memberId: string
  video: HTMLVideoElement
  device: Device
  api: EvidenceApi
  store: OutboxStore
  loadEngine: (video: HTMLVideoElement) => Promise<EngineFactory | null>
  loadWhep: (video: HTMLVideoElement) => Promise<EngineFactory | null>
  random: () => number
  /** Monotonic milliseconds. */
  now: () => number
  serverNow: () => number
  /** Where a replay was left. */
  bookmark: { get(): number | null; set(ms: number | null): void }
  /** Which picture was chosen on this device. */
  taste: { get(): Quality; set(quality: Quality): void }
}

const SAMPLE_MS = 500
/** Closer to the end than this, a lesson that ended live is over; further away, it goes on as a replay. */
const NEAR_END_MS = 10_000
/** A recording that stands this close to its end is over. */
const LAST_MS = 300
/** A replay bookmark this close to the end begins anew. */
const BOOKMARK_END_MS = 15_000

export class Player {
  private value: PlayerState = firstState
  private readonly listeners = new Set<(state: PlayerState) => void>()
  private readonly evidence: Evidence
  private readonly playback: Playback
  private readonly stop = new AbortController()
  private readonly timer: ReturnType<typeof setInterval>
  private gesture = false
  private opening: 'live' | 'replay' | null = null
  private moving = false
  /** What the recording lacks. */
  private lacks = NOTHING

  constructor(private readonly options: PlayerOptions) {
    const { api, device, lessonId, memberId, random, serverNow, store } = options
    this.evidence = new Evidence({
      lessonId, memberId, device, api, store, random, serverNow,
      events: {
        state: (state) => this.room(state),
        progress: (progress) => this.set({ progress }),
        link: (link) => this.set({ link }),
        leased: (grant, before) => this.leased(grant, before),
        problem: (problem) => this.troubled(problem),
      },
    })
    this.playback = new Playback({
      video: options.video, loadEngine: options.loadEngine, loadWhep: options.loadWhep, random, now: options.now,
      events: {
        moving: () => this.started(),
        standing: (why) => this.standing(why),
        paused: () => this.halted('pause', 'paused', 'paused'),
        blocked: () => this.set({ stage: 'ready' }),
        ended: () => this.finished(),
        jumped: () => this.evidence.meter.jump(options.now()),
        leaseRefused: () => this.evidence.refused(),
        choices: (choices) => this.set({ choices }),
        course: (course, weak) => {
          this.set({ course, weak })
          this.evidence.meter.context = { ...this.evidence.meter.context, mode: this.beatMode() }
        },
        unsupported: () => this.set({ stage: 'failed' }),
      },
    })
    const quality = options.taste.get()
    this.value = { ...this.value, quality }
    this.playback.prefer(quality)
    this.timer = setInterval(() => this.tick(), SAMPLE_MS)
    this.listen()
  }

  get state(): PlayerState {
    return this.value
  }

  subscribe(listener: (state: PlayerState) => void): () => void {
    this.listeners.add(listener)
    listener(this.value)
    return () => this.listeners.delete(listener)
  }

  /** Gets a lease and enters the room. False when the server will not give one (`state.problem` says why). */
  async open(): Promise<boolean> {
    this.set({ stage: 'opening', problem: null })
    const grant = await this.evidence.renew()
    if (!grant && !this.stop.signal.aborted) this.set({ stage: 'failed' })
    return grant !== null
  }

  /** A tap on the one big button. Before the lesson it means: as soon as it begins. */
  play(): void {
    this.gesture = true
    const phase = this.value.room?.phase
    if (!phase) return
    const kind = sourceOf(phase)
    if (!kind) {
      this.set({ armed: true })
      return
    }
    if (this.playback.source?.kind === kind && this.value.stage !== 'over') {
      this.playback.play()
      if (!this.moving) this.set({ stage: 'starting' })
    } else void this.begin(kind)
  }

  pause(): void {
    this.set({ armed: false })
    this.playback.pause()
  }

  /** Milliseconds forwards or backwards. */
  seekBy(ms: number): void {
    const { positionMs } = this.value
    if (positionMs !== null) this.seekTo(positionMs + ms)
  }

  seekTo(ms: number): void {
    const zero = this.value.room?.zero_at
    if (zero === null || zero === undefined) return
    const length = this.endMs() ?? Number.POSITIVE_INFINITY
    this.evidence.meter.jump(this.options.now())
    this.playback.seekToDate(zero + Math.min(Math.max(this.startMs(), ms), length))
    this.sampleNow()
  }

  goLive(): void {
    this.playback.seekLive()
    this.play()
  }

  /** Replays only: live has one speed. */
  setRate(rate: number): void {
    if (this.value.source !== 'replay') return
    this.evidence.meter.cut(this.sample(), 'rate')
    this.options.video.defaultPlaybackRate = rate
    this.options.video.playbackRate = rate
    this.set({ rate })
  }

  /** 画质: kept for the next lesson, too. */
  setQuality(quality: Quality): void {
    this.options.taste.set(quality)
    this.playback.prefer(quality)
    this.set({ quality })
  }

  /** 仅听声音: less data, less battery, the same place. */
  setMode(mode: PlayerState['mode']): void {
    if (mode === this.value.mode) return
    const from = this.place()
    const wanted = this.playback.wanted
    this.evidence.meter.stop(this.sample(), 'tick', null)
    this.moving = false
    this.set({ mode })
    this.evidence.meter.context = { ...this.evidence.meter.context, mode: this.beatMode() }
    this.playback.tryPicture()
    const kind = this.value.source
    if (kind && this.playback.source) void this.load(kind, () => (kind === 'live' ? 'live' : from), wanted)
  }

  /** The picture, although the network seemed too weak for it. */
  tryPicture(): void {
    this.playback.tryPicture()
  }

  /** The network is back. */
  hurry(): void {
    this.evidence.hurry()
    this.playback.hurry()
  }

  destroy(): void {
    this.leave()
    this.stop.abort()
    clearInterval(this.timer)
    this.playback.destroy()
    this.evidence.close()
    this.listeners.clear()
  }

  private async begin(kind: 'live' | 'replay'): Promise<void> {
    if (this.opening === kind) return
    this.opening = kind
    try {
      this.set({ stage: 'starting', source: kind, armed: false, rate: 1 })
      this.options.video.playbackRate = 1
      this.evidence.meter.context = { ...this.evidence.meter.context, source: kind, mode: this.beatMode() }
      await this.load(kind, () => (kind === 'live' ? 'live' : this.fromBookmark()), true)
    } finally {
      this.opening = null
    }
  }

  /** Where it starts is asked last: a new lease may say that another stretch is shown. */
  private async load(kind: 'live' | 'replay', at: () => StartAt, wanted: boolean): Promise<void> {
    let source = this.source(kind, this.evidence.lease)
    // The lease was given before there was a replay: ask again.
    if (source === null) source = this.source(kind, await this.evidence.renew())
    if (this.stop.signal.aborted) return
    if (source === null) {
      // Wanted, and not there yet: it begins when the room says that it is.
      this.set({ stage: 'ready', source: null, armed: wanted })
      return
    }
    this.playback.wanted = wanted
    if (kind === 'replay') void this.learnLacks(source)
    await this.playback.open(source, at())
  }

  private async learnLacks({ url }: Source): Promise<void> {
    const { signal } = this.stop
    this.lacks = lacksOf(await text(new URL(url, location.href).href, signal).catch(() => ''))
    this.missing()
  }

  private source(kind: 'live' | 'replay', grant: LeaseGrant | null): Source | null {
    if (!grant) return null
    const sound = this.value.mode === 'audio'
    const url = kind === 'live' ? (sound ? grant.live_audio_url : grant.live_url) : sound ? grant.replay_audio_url : grant.replay_url
    const listen = sound ? null : kind === 'live' ? grant.live_audio_url : grant.replay_audio_url
    return url === null ? null : { kind, url, listen, whep: kind === 'live' && !sound ? grant.whep_url : null }
  }

  private leased(grant: LeaseGrant, before: LeaseGrant | null): void {
    const playing = this.playback.source
    const { inMs, outMs } = this.value
    this.set({ inMs: grant.replay_in_ms, outMs: grant.replay_out_ms })
    if (!before || !playing) return
    const source = this.source(playing.kind, grant)
    const sameStretch = inMs === grant.replay_in_ms && outMs === grant.replay_out_ms
    // Another stretch stands in another address, and its playlist has other segments.
    if (playing.kind === 'replay' && !sameStretch) void this.load('replay', () => this.place(), this.playback.wanted)
    else if (source) this.playback.swapLease(before.lease, grant.lease, source)
  }

  private troubled(problem: PlayerState['problem']): void {
    this.set({ problem })
    if (problem?.code !== 'replay_hidden') return
    if (this.playback.source) this.halted('end', 'left', 'failed')
    this.playback.close()
    this.set({ stage: 'failed', source: null })
  }

  private room(room: RoomState): void {
    const before = this.value.room
    this.playback.lecturerAway = room.on_air === 'lecturer_away'
    this.set({ room })
    this.missing()
    if (before && before.on_air !== 'on_air' && room.on_air === 'on_air') {
      if (this.value.stage === 'away') this.set({ stage: 'reconnecting' })
      this.playback.lecturerBack()
    }
    if (room.on_air === 'lecturer_away' && this.value.source === 'live' && ['starting', 'buffering', 'reconnecting'].includes(this.value.stage)) this.set({ stage: 'away' })
    if (room.phase === 'live' && this.value.armed) void this.begin('live')
    else if (room.phase === 'ended' && room.replay_ready && this.value.armed) void this.begin('replay')
    // The end of a live lesson is played to the end; whoever is not playing has seen it.
    else if (room.phase === 'ended' && this.value.source === 'live' && (!this.moving || this.playback.realtime)) this.finished()
    this.settleStage()
  }

  /** What should be there and is not: the room knows it live, the playlist of a recording. */
  private missing(): void {
    const { course, room, source, missing, positionMs, seen } = this.value
    const tracks = source === 'live' && room?.on_air === 'on_air' ? room.tracks : null
    const live = { picture: tracks?.picture === false, sound: tracks?.sound === false, pictured: tracks?.pictured ?? true }
    const now = source === 'replay' && positionMs !== null ? lackAt(this.lacks, positionMs) : live
    const same = now.picture === missing.picture && now.sound === missing.sound && now.pictured === missing.pictured
    if (!same) this.set({ missing: now })
    if (!seen && course === 'all' && this.options.video.videoWidth > 0) this.set({ seen: true })
  }

  /** What is claimed to have been watched is what came. */
  private beatMode(): PlayerState['mode'] {
    return this.value.course === 'sound' ? 'audio' : this.value.mode
  }

  /** The stage of a page on which nothing plays. */
  private settleStage(): void {
    const { room, source, stage } = this.value
    if (!room || source !== null || stage === 'over' || stage === 'failed') return
    const idle: Record<RoomState['phase'], Stage> = { planned: 'waiting', live: 'ready', ended: 'ready', cancelled: 'cancelled' }
    this.set({ stage: idle[room.phase] })
  }

  private started(): void {
    this.moving = true
    this.set({ stage: 'playing' })
    if (!this.evidence.meter.active) this.evidence.meter.start(this.sample(), this.gesture)
    this.gesture = false
    if (this.value.source === 'replay' && this.value.rate !== 1) this.options.video.playbackRate = this.value.rate
  }

  private standing(why: 'buffering' | 'reconnecting'): void {
    this.moving = false
    const { room, source, stage } = this.value
    if (source === 'replay' && this.atEnd()) {
      this.finished()
      return
    }
    if (source === 'live' && room?.phase === 'ended') {
      if (why === 'reconnecting') this.finished()
      return
    }
    if (source === 'live' && room?.on_air === 'lecturer_away') this.set({ stage: 'away' })
    else if (why === 'reconnecting' || stage !== 'reconnecting') this.set({ stage: stage === 'starting' && why === 'buffering' ? 'starting' : why })
  }

  private halted(cause: 'pause' | 'end', state: BeatState, stage: Stage): void {
    this.moving = false
    this.evidence.meter.stop(this.sample(), cause, state)
    this.set({ stage })
    this.remember()
  }

  private finished(): void {
    const { source } = this.value
    if (source === null) return
    const positionMs = this.position() ?? this.value.positionMs
    const wanted = this.playback.wanted
    this.halted('end', 'ended', 'over')
    const length = this.endMs()
    const rest = length !== null && positionMs !== null ? length - positionMs : 0
    this.playback.close()
    this.set({ source: null, positionMs: null, behindLiveMs: null })
    if (source === 'replay') this.options.bookmark.set(null)
    else if (rest > NEAR_END_MS && positionMs !== null) {
      this.options.bookmark.set(positionMs)
      if (wanted) void this.begin('replay')
    }
  }

  private startMs(): number {
    return this.value.source === 'replay' ? this.value.inMs : 0
  }

  private endMs(): number | null {
    const length = this.value.room?.edge_ms ?? null
    return this.value.source === 'replay' ? (this.value.outMs ?? length) : length
  }

  private fromBookmark(): StartAt {
    const end = this.endMs()
    const kept = this.options.bookmark.get() ?? 0
    const over = end !== null && kept > end - BOOKMARK_END_MS
    return this.at(over ? 0 : kept)
  }

  private place(): StartAt {
    return this.at(this.position() ?? this.value.positionMs ?? 0)
  }

  /** A position of the replay; the media element counts from about where it begins. */
  private at(ms: number): StartAt {
    const zero = this.value.room?.zero_at ?? null
    const from = Math.max(ms, this.value.inMs)
    return { date: zero === null ? null : zero + from, guessMs: from - this.value.inMs }
  }

  /** The last segment reaches beyond what is shown. */
  private stopAtEnd(): void {
    const { source, outMs } = this.value
    const at = source === 'replay' && outMs !== null ? this.position() : null
    if (at !== null && at >= outMs!) this.finished()
  }

  /** A last segment of a few hundredths of a second is not always played; nobody waits for it. */
  private atEnd(): boolean {
    const [at, end] = [this.position(), this.endMs()]
    return at !== null && end !== null && at >= end - LAST_MS
  }

  private tick(): void {
    if (!this.playback.source) {
      if (this.value.pending !== this.evidence.pending) this.set({ pending: this.evidence.pending })
      return
    }
    this.sampleNow()
  }

  private sampleNow(): void {
    const sample = this.sample()
    this.evidence.meter.sample(sample)
    this.set({ positionMs: sample.positionMs ?? this.value.positionMs, behindLiveMs: this.playback.behindLiveMs(), pending: this.evidence.pending })
    this.missing()
    if (this.moving) this.remember()
    this.stopAtEnd()
  }

  private remember(): void {
    if (this.value.source === 'replay' && this.value.positionMs !== null) this.options.bookmark.set(Math.round(this.value.positionMs))
  }

  private position(): number | null {
    const zero = this.value.room?.zero_at
    const date = this.playback.date()
    return zero === null || zero === undefined || date === null ? null : date - zero
  }

  private sample(): Sample {
    const positionMs = this.position()
    const at = (positionMs === null ? null : this.playback.datedAt()) ?? this.options.now()
    return { positionMs, at, rate: this.options.video.playbackRate || 1 }
  }

  private leave(): void {
    this.evidence.meter.stop(this.sample(), 'hide', 'left')
    this.evidence.beacon()
  }

  private listen(): void {
    const { signal } = this.stop
    const { video } = this.options
    video.addEventListener('timeupdate', () => {
      this.evidence.meter.sample(this.sample())
      this.stopAtEnd()
    }, { signal })
    document.addEventListener('visibilitychange', () => {
      const visible = document.visibilityState === 'visible'
      this.evidence.meter.cut(this.sample(), 'visibility')
      this.evidence.meter.context = { ...this.evidence.meter.context, visible }
      if (visible) this.hurry()
    }, { signal })
    addEventListener('pagehide', () => this.leave(), { signal })
    addEventListener('pageshow', (event) => {
      // Back from the browser's cache, perhaps still playing.
      if (event.persisted && !video.paused) this.evidence.meter.start(this.sample(), false)
      if (event.persisted) this.hurry()
    }, { signal })
    addEventListener('online', () => this.hurry(), { signal })
  }

  private set(change: Partial<PlayerState>): void {
    const changed = (Object.keys(change) as (keyof PlayerState)[]).some((key) => change[key] !== this.value[key])
    if (!changed) return
    this.value = { ...this.value, ...change }
    for (const tell of this.listeners) tell(this.value)
  }
}
