/**
 * What plays episodes: one `<audio>` element, the evidence of what it plays, and what a page shows. Knows no framework.
 * It never claims what was not played, and never begins to play but after a tap or a key: a pause nobody here asked for (a call,
 * headphones taken off) is the end of wanting, whatever the network or the page does afterwards.
 */
import type { Problem } from '@/api/problem'
import type { BeatCause, BeatState } from '@/api/types'
import { Evidence } from '../evidence'
import type { Sample } from '../meter'
import { watchPage } from '../page'
import { Coming } from './coming'
import { Deck } from './deck'
import { Memory } from './memory'
import { Published } from './published'
import { Recovery } from './recovery'
import { begin } from './resume'
import { SleepTimer } from './sleep'
import { choose } from './sound'
import { firstAudioState, type AudioOptions, type AudioStage, type AudioState, type EpisodeGrant, trackFrom, type TrackHint } from './types'
import { UpNext, type Ready } from './upNext'

const SAMPLE_MS = 500

export class AudioCore {
  private readonly published: Published<AudioState>
  private readonly memory: Memory
  protected readonly deck: Deck
  protected readonly sleepTimer = new SleepTimer()
  protected readonly upNext: UpNext
  protected readonly coming: Coming
  private readonly stop = new AbortController()
  private readonly timer: ReturnType<typeof setInterval>
  protected readonly recovery: Recovery
  protected evidence: Evidence<EpisodeGrant> | null = null
  protected url = ''
  protected gesture = false
  /** Whose address is being looked after. */
  private recovering: Evidence<EpisodeGrant> | null = null
  /** Where to begin, as somebody said while it was being opened. */
  protected beginAt: number | undefined
  /** This episode has been heard on this page. */
  private begun = false
  /** When sound last came, for the sleep timer. */
  private soundAt: number | null = null

  constructor(protected readonly options: AudioOptions) {
    const { audio, now, random, serverNow, taste } = options
    this.recovery = new Recovery(random, options.look)
    this.upNext = new UpNext((id) => this.prepare(id), now, serverNow)
    this.coming = new Coming(
      (id) => this.upNext.get(id),
      random,
      (change) => this.set(change),
    )
    this.deck = new Deck(
      audio,
      {
        moving: () => this.started(),
        standing: () => this.stands('buffering'),
        paused: () => {
          const over = this.value.stage === 'over'
          this.coming.cancel()
          this.halted('pause', 'paused', over ? 'over' : 'paused')
        },
        ended: () => this.ended(),
        jumped: () => this.evidence?.meter.jump(now()),
        time: () => this.look(true),
        broken: () => void this.recover(),
        blocked: () => this.set({ blocked: true, stage: 'ready' }),
        known: () => this.known(),
      },
      now,
    )
    this.deck.speed(taste.rate.get())
    this.published = new Published({ ...firstAudioState, rate: taste.rate.get(), saver: taste.saver.get() })
    this.memory = new Memory(options)
    this.timer = setInterval(() => this.look(false), SAMPLE_MS)
    this.watch()
  }

  get state(): AudioState {
    return this.value
  }

  subscribe(listener: (state: AudioState) => void): () => void {
    return this.published.subscribe(listener)
  }

  /** Stops and forgets what it played. */
  close(): void {
    this.deck.pause()
    this.sleepTimer.set(null)
    this.coming.cancel()
    this.leaveEpisode()
    this.deck.empty()
    this.set({ ...firstAudioState, rate: this.value.rate, saver: this.value.saver })
  }

  destroy(): void {
    this.coming.cancel()
    this.leaveEpisode()
    this.stop.abort()
    clearInterval(this.timer)
    this.deck.destroy()
    this.published.clear()
  }

  protected go(hint: TrackHint, ready: Ready | null, atMs?: number): void {
    this.leaveEpisode()
    this.gesture = true
    this.deck.empty()
    this.deck.touch()
    this.enter(hint, ready, atMs)
  }

  protected enter(hint: TrackHint, ready: Ready | null, atMs?: number): void {
    const { api, device, memberId, random, serverNow, store } = this.options
    const track = ready?.track ?? trackFrom(hint)
    const evidence = new Evidence<EpisodeGrant>({
      item: { kind: 'episode', id: track.id },
      memberId,
      device,
      api,
      store,
      random,
      serverNow,
      idle: () => !this.deck.wanted,
      events: {
        progress: (progress) => this.set({ progress }),
        link: () => undefined,
        leased: (grant, before) => this.leased(evidence, grant, before === null),
        problem: (problem) => this.troubled(evidence, problem),
      },
    })
    evidence.meter.context = { source: 'replay', mode: 'audio', visible: document.visibilityState === 'visible' }
    this.evidence = evidence
    this.url = ''
    this.begun = false
    this.beginAt = atMs
    this.coming.cancel()
    this.recovery.reset()
    this.upNext.clear()
    this.set({
      stage: 'opening',
      track,
      positionMs: 0,
      lengthMs: track.lengthMs,
      progress: null,
      undoMs: null,
      other: null,
      problem: null,
      coming: null,
      nextProblem: null,
      blocked: false,
      primed: false,
    })
    if (ready) {
      evidence.adopt(ready.grant)
      return
    }
    void evidence.renew()
    // The page that shows it knew everything already.
    if ('next' in hint) return
    this.options.track(track.id).then(
      (full) => this.evidence === evidence && this.set({ track: full, lengthMs: this.value.lengthMs || full.lengthMs }),
      // It plays without its chapters, too.
      () => undefined,
    )
  }

  private async prepare(id: string): Promise<Ready> {
    const [track, grant] = await Promise.all([this.options.track(id), this.options.api.lease(id, this.options.device)])
    return { track, grant }
  }

  private leased(evidence: Evidence<EpisodeGrant>, grant: EpisodeGrant, first: boolean): void {
    if (this.evidence !== evidence) return
    this.set({ lengthMs: grant.length_ms || this.value.lengthMs, problem: null })
    const url = this.urlOf(grant)
    if (url === null) {
      this.deck.wanted = false
      this.set({ stage: 'failed', why: 'unplayable' })
    } else if (first) {
      const own = this.options.places.get(grant.item_id)
      const found = begin(grant.place, own, grant.length_ms, this.options.device)
      this.reload(url, this.beginAt ?? found.atMs)
      this.set({ other: this.beginAt === undefined ? found.other : null })
    } else if (this.deck.broken || !this.deck.moving) {
      // While sound comes, its address is left alone; what broke or stands begins again with the new one.
      this.reload(url)
    }
  }

  protected urlOf(grant: EpisodeGrant): string | null {
    return choose(grant.sound, this.value.saver, (mime) => this.options.audio.canPlayType(mime) !== '')?.url ?? null
  }

  protected reload(url: string, atMs: number = this.value.positionMs): void {
    this.evidence?.meter.jump(this.options.now())
    this.url = url
    this.deck.load(url, atMs)
    this.set({ positionMs: atMs, stage: this.deck.wanted ? 'buffering' : this.value.stage === 'opening' ? 'ready' : this.value.stage })
  }

  /** The address does not answer. Nothing is asked of it while nobody wants sound. */
  protected async recover(): Promise<void> {
    const { evidence } = this
    if (!evidence || this.recovering === evidence) return
    evidence.meter.jump(this.options.now())
    if (!this.deck.wanted) {
      this.halted('pause', 'paused', 'paused')
      return
    }
    if (this.recovery.futile) {
      this.fails()
      return
    }
    this.recovering = evidence
    this.stands('reconnecting')
    const ours = () => this.evidence === evidence && this.deck.wanted
    try {
      await this.recovery.wait()
      if (!ours()) return
      const newer = evidence.lease && !evidence.expired ? this.urlOf(evidence.lease) : null
      if (newer !== null && newer !== this.url) {
        this.reload(newer)
        return
      }
      const lease = newer === null || (await this.recovery.needsLease(this.url))
      if (!ours()) return
      if (!lease) this.reload(this.url)
      else if ((await evidence.renew()) === null && ours()) this.fails()
    } finally {
      if (this.recovering === evidence) this.recovering = null
      // The new address broke while this one was still being left.
      if (ours() && this.deck.broken) void this.recover()
    }
  }

  /** It does not go on by itself; a tap tries again. */
  private fails(): void {
    this.deck.pause()
    this.halted('pause', 'paused', 'failed')
    this.set({ stage: 'failed', why: 'broken' })
  }

  /** The network is back, or the page: what waits does not wait longer. What stands stays. */
  private hurry(): void {
    this.evidence?.hurry()
    this.recovery.hurry()
    this.coming.hurry()
  }

  private troubled(evidence: Evidence<EpisodeGrant>, problem: Problem | null): void {
    if (this.evidence !== evidence) return
    this.set({ problem })
    if (problem && evidence.lease === null && !problem.offline && problem.status < 500 && problem.status !== 429) {
      this.deck.wanted = false
      this.set({ stage: 'failed' })
    }
  }

  private started(): void {
    this.recovery.reset()
    if (!this.begun && this.value.track) this.options.begins(this.value.track.id)
    this.begun = true
    this.soundAt = this.options.now()
    this.set({ stage: 'playing', blocked: false, problem: null })
    const meter = this.evidence?.meter
    if (meter && !meter.active) meter.start(this.sample(), this.gesture)
    this.gesture = false
  }

  private known(): void {
    if (this.value.lengthMs === 0 && this.deck.lengthMs !== null) this.set({ lengthMs: this.deck.lengthMs })
  }

  protected stands(stage: AudioStage): void {
    this.soundAt = null
    if (this.value.stage !== 'opening') this.set({ stage })
  }

  private halted(cause: BeatCause, state: BeatState, stage: AudioStage): void {
    this.evidence?.meter.stop(this.sample(), cause, state)
    this.soundAt = null
    this.remember('stopped')
    if (this.value.track) this.set({ stage: this.value.stage === 'opening' ? 'ready' : stage })
  }

  private ended(): void {
    const { track } = this.value
    if (!track) return
    this.halted('end', 'ended', 'over')
    this.remember('ended')
    const goesOn = this.deck.wanted && !this.sleepTimer.ended()
    this.showSleep()
    this.set({ positionMs: this.deck.lengthMs ?? this.value.lengthMs, undoMs: null, other: null })
    const id = goesOn ? this.options.next(track) : null
    if (id === null) {
      this.deck.wanted = false
      return
    }
    const follow = (ready: Ready) => {
      this.evidence?.close()
      this.enter(ready.track, ready)
    }
    // In this very event, if it can be: a locked phone may not ask for anything.
    const ready = this.upNext.take(id)
    if (ready) follow(ready)
    else void this.coming.open(id, follow, () => (this.deck.wanted = false))
  }

  protected leaveEpisode(): void {
    this.evidence?.meter.stop(this.sample(), 'end', 'left')
    this.evidence?.close()
    this.evidence = null
    this.recovery.hurry()
  }

  private look(fromMedia: boolean): void {
    const { evidence } = this
    if (!evidence) return
    const sample = this.sample()
    evidence.meter.sample(sample)
    if (fromMedia) evidence.catchUp()
    this.deck.check()
    if (sample.positionMs !== null && this.value.stage !== 'over') this.set({ positionMs: sample.positionMs })
    if (this.value.pending !== evidence.pending) this.set({ pending: evidence.pending })
    if (!this.deck.moving || !this.deck.wanted || this.value.stage !== 'playing') return
    this.remember('while')
    this.countSleep()
    const { lengthMs, positionMs, track } = this.value
    if (track && lengthMs > 0) this.upNext.look(this.options.next(track), (lengthMs - positionMs) / this.deck.rate)
  }

  private countSleep(): void {
    const now = this.options.now()
    const passed = this.soundAt === null ? 0 : now - this.soundAt
    this.soundAt = now
    if (this.sleepTimer.heard(passed)) this.deck.pause()
    this.showSleep()
  }

  protected showSleep(): void {
    const { choice, leftMs } = this.sleepTimer
    this.set({ sleep: choice, sleepLeftMs: leftMs === null ? null : Math.ceil(leftMs / 1000) * 1000 })
  }

  private remember(how: 'while' | 'stopped' | 'ended'): void {
    if (this.begun) this.memory.keep(this.value, how)
  }

  protected sample(): Sample {
    return { positionMs: this.deck.positionMs, at: this.options.now(), rate: this.deck.rate }
  }

  private watch(): void {
    watchPage(
      {
        shown: (visible) => {
          const meter = this.evidence?.meter
          if (meter) {
            meter.cut(this.sample(), 'visibility')
            meter.context = { ...meter.context, visible }
          }
          if (!visible) return
          this.hurry()
          const place = this.deck.wanted || !this.begun ? null : this.memory.elsewhere(this.value, this.options.device)
          if (place) this.set({ other: place })
        },
        left: () => {
          this.evidence?.meter.stop(this.sample(), 'hide', 'left')
          this.evidence?.beacon()
        },
        back: () => {
          // It may still be playing.
          if (this.deck.moving) this.evidence?.meter.start(this.sample(), false)
          this.hurry()
        },
        online: () => this.hurry(),
      },
      this.stop.signal,
    )
  }

  protected get value(): AudioState {
    return this.published.value
  }

  protected set(change: Partial<AudioState>): void {
    this.published.set(change)
  }
}
