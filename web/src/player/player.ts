/**
 * The player of a lesson: brings picture, evidence and room together and publishes what a page shows. Knows no framework.
 * It must never claim what was not played, and never stop playing because something else failed.
 */
import type { BeatState, LeaseGrant, RoomState } from '@/api/types'
import type { Quality, StartAt } from './engine'
import { Evidence } from './evidence'
import { NOTHING, lacksOf, missingNow } from './lacks'
import type { Sample } from './meter'
import type { PlayerOptions } from './options'
import { watchPage } from './page'
import { atEnd, endMs, fromBookmark, startAt, startMs } from './place'
import { Playback } from './playback'
import { text } from './probe'
import { sourceIn, type Source } from './source'
import { idleStage, standingStage } from './stage'
import { firstState, sourceOf, type PlayerState, type Stage } from './state'

const SAMPLE_MS = 500
/** Closer to the end than this, a lesson that ended live is over; further away, it goes on as a replay. */
const NEAR_END_MS = 10_000

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
      item: { kind: 'lesson', id: lessonId },
      memberId, device, store, random, serverNow,
      api: api((state) => this.room(state)),
      events: {
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
    const length = endMs(this.value) ?? Number.POSITIVE_INFINITY
    this.evidence.meter.jump(this.options.now())
    this.playback.seekToDate(zero + Math.min(Math.max(startMs(this.value), ms), length))
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
      await this.load(kind, () => (kind === 'live' ? 'live' : fromBookmark(this.value, this.options.bookmark.get())), true)
    } finally {
      this.opening = null
    }
  }

  /** Where it starts is asked last: a new lease may say that another stretch is shown. */
  private async load(kind: 'live' | 'replay', at: () => StartAt, wanted: boolean): Promise<void> {
    let source = sourceIn(this.evidence.lease, kind, this.value.mode)
    // The lease was given before there was a replay: ask again.
    if (source === null) source = sourceIn(await this.evidence.renew(), kind, this.value.mode)
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

  private leased(grant: LeaseGrant, before: LeaseGrant | null): void {
    const playing = this.playback.source
    const { inMs, outMs } = this.value
    this.set({ inMs: grant.replay_in_ms, outMs: grant.replay_out_ms })
    if (!before || !playing) return
    const source = sourceIn(grant, playing.kind, this.value.mode)
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

  private missing(): void {
    const { course, missing, seen } = this.value
    const now = missingNow(this.value, this.lacks)
    const same = now.picture === missing.picture && now.sound === missing.sound && now.pictured === missing.pictured
    if (!same) this.set({ missing: now })
    if (!seen && course === 'all' && this.options.video.videoWidth > 0) this.set({ seen: true })
  }

  /** What is claimed to have been watched is what came. */
  private beatMode(): PlayerState['mode'] {
    return this.value.course === 'sound' ? 'audio' : this.value.mode
  }

  private settleStage(): void {
    this.set({ stage: idleStage(this.value) })
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
    const { room, source } = this.value
    if (source === 'replay' && atEnd(this.value, this.position())) {
      this.finished()
      return
    }
    if (source === 'live' && room?.phase === 'ended') {
      if (why === 'reconnecting') this.finished()
      return
    }
    this.set({ stage: standingStage(this.value, why) })
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
    const length = endMs(this.value)
    const rest = length !== null && positionMs !== null ? length - positionMs : 0
    this.playback.close()
    this.set({ source: null, positionMs: null, behindLiveMs: null })
    if (source === 'replay') this.options.bookmark.set(null)
    else if (rest > NEAR_END_MS && positionMs !== null) {
      this.options.bookmark.set(positionMs)
      if (wanted) void this.begin('replay')
    }
  }

  private place(): StartAt {
    return startAt(this.value, this.position() ?? this.value.positionMs ?? 0)
  }

  /** The last segment reaches beyond what is shown. */
  private stopAtEnd(): void {
    const { source, outMs } = this.value
    const at = source === 'replay' && outMs !== null ? this.position() : null
    if (at !== null && at >= outMs!) this.finished()
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
    const { meter } = this.evidence
    video.addEventListener('timeupdate', () => {
      meter.sample(this.sample())
      this.evidence.catchUp()
      this.stopAtEnd()
    }, { signal })
    watchPage({
      shown: (visible) => {
        meter.cut(this.sample(), 'visibility')
        meter.context = { ...meter.context, visible }
        if (visible) this.hurry()
      },
      left: () => this.leave(),
      back: () => {
        // It may still be playing.
        if (!video.paused) meter.start(this.sample(), false)
        this.hurry()
      },
      online: () => this.hurry(),
    }, signal)
  }

  private set(change: Partial<PlayerState>): void {
    const changed = (Object.keys(change) as (keyof PlayerState)[]).some((key) => change[key] !== this.value[key])
    if (!changed) return
    this.value = { ...this.value, ...change }
    for (const notify of this.listeners) notify(this.value)
  }
}
