/**
 * The picture side of the player: one media element, one engine at a time, and bringing it back whenever it stops. Every
 * failure ends in another try: it gives up only what the device cannot play at all.
 */
import { Backoff } from './backoff'
import type { Engine, EngineFactory, FailureKind, Quality, StartAt } from './engine'
import { Flow, LONG_MS } from './flow'
import { Pilot, type Course } from './pilot'
import type { PlaybackOptions } from './playbackOptions'
import type { Source } from './source'
import { Still } from './still'
import { Watchdog, type Cure } from './watchdog'
import { WhepChoice, type WhepFailure } from './whepChoice'

/** After this many consecutive failures the source is reopened instead of retried. */
const REOPEN_EVERY = 2
/** Resuming a live lesson this far behind goes to the edge. */
const BACK_TO_LIVE_MS = 12_000
/** Interval at which the choice of what plays is reconsidered. */
const STEER_MS = 250
/** Timeout for what has not begun to play. */
const BEGIN_MS = 6000

export class Playback {
  source: Source | null = null
  /** The member wants it to play. */
  wanted = false
  lecturerAway = false
  private quality: Quality = 'auto'
  private engine: Engine | null = null
  private factory: EngineFactory | null = null
  private loading = 0
  private reopening = false
  /** What plays by a connection is not connected: paused, or waiting for the network. */
  private resting = false
  private readonly choice = new WhepChoice()
  private readonly still: Still
  private readonly flow = new Flow()
  private readonly watchdog = new Watchdog()
  private readonly backoff: Backoff
  private retryTimer: ReturnType<typeof setTimeout> | undefined
  private readonly timers: ReturnType<typeof setInterval>[]
  private readonly pilot: Pilot
  /** What plays or is being opened. */
  private course: Course = 'all'
  private published = ''
  /** Where it was to begin, until it has. */
  private target: StartAt = 'live'
  private begun = false
  private lastTime = -1
  private steeredAt = 0
  private readonly stop = new AbortController()

  constructor(private readonly options: PlaybackOptions) {
    this.backoff = new Backoff(options.random, 600, 3000)
    this.still = new Still(options.video)
    this.pilot = new Pilot(options.now)
    this.timers = [setInterval(() => this.watch(), 1000), setInterval(() => this.steer(), STEER_MS)]
    this.listen()
  }

  /** Opens a source; plays it when play is wanted. */
  open(source: Source, at: StartAt): Promise<void> {
    this.choice.restarted()
    this.pilot.begin(source)
    return this.reopen(source, at)
  }

  /** The picture again, although the network was too weak for it. */
  tryPicture(): void {
    this.pilot.again()
    this.steeredAt = 0
    this.steer()
  }

  private async reopen(source: Source, at: StartAt): Promise<void> {
    const turn = ++this.loading
    clearTimeout(this.retryTimer)
    this.source = source
    this.resting = false
    this.target = at
    this.course = this.pilot.course
    const whep =
      source.whep !== null && this.course === 'all' && this.choice.open
        ? await this.options.loadWhep(this.options.video).catch(() => null)
        : null
    const factory = whep ?? (await this.ordinary())
    if (turn !== this.loading) return
    if (!factory) return this.options.events.unsupported()
    this.letGo()
    if (whep && !this.wanted) {
      this.resting = true
      return
    }
    this.reopening = true
    const engine = factory(this.options.video, {
      ready: () => {
        if (this.engine === engine) this.reopening = false
        // What it falls back to is at hand when it is needed.
        if (whep) void this.ordinary()
      },
      failed: (kind, detail) => {
        if (this.engine === engine) this.failed(kind, detail)
      },
      choices: (many) => {
        if (this.engine === engine) this.options.events.choices(many)
      },
      flows: (moving) => {
        if (this.engine === engine) this.flows(moving)
      },
    })
    this.engine = engine
    if (engine.realtime) this.options.events.choices(false)
    this.flow.reset()
    this.begun = false
    this.watchdog.reset()
    this.publishCourse()
    engine.prefer?.(this.quality)
    const sound = this.course === 'sound' ? source.listen : null
    engine.load((whep ? source.whep : sound) ?? source.url, at, { patient: this.course === 'sound' })
    if (this.wanted) this.start()
  }

  private async ordinary(): Promise<EngineFactory | null> {
    this.factory ??= await this.options.loadEngine(this.options.video).catch(() => null)
    return this.factory
  }

  close(): void {
    this.loading++
    clearTimeout(this.retryTimer)
    this.source = null
    this.resting = false
    this.pilot.end()
    this.engine?.destroy()
    this.engine = null
    this.still.drop()
    this.wanted = false
  }

  destroy(): void {
    this.close()
    this.timers.forEach(clearInterval)
    this.stop.abort()
  }

  play(): void {
    this.wanted = true
    this.choice.restarted()
    if (this.resting || this.mayImprove()) {
      this.restart()
      return
    }
    if (!this.engine) return
    if (this.source?.kind === 'live' && (this.engine.behindLiveMs() ?? 0) > BACK_TO_LIVE_MS) this.engine.seekLive()
    this.start()
  }

  pause(): void {
    const silent = this.reopening || this.resting
    this.wanted = false
    this.options.video.pause()
    if (!silent) return
    // Nothing plays that could say that it was paused.
    this.options.events.paused()
    this.rest()
  }

  prefer(quality: Quality): void {
    this.quality = quality
    this.engine?.prefer?.(quality)
  }

  /** UTC date of the frame that shows; null while it is not known or changing. */
  date(): number | null {
    return this.options.video.seeking ? null : (this.engine?.date() ?? null)
  }

  seekToDate(date: number): boolean {
    return this.engine?.seekToDate(date) ?? false
  }

  seekLive(): void {
    this.engine?.seekLive()
  }

  /** What shows is this moment: there is no rest to be played. */
  get realtime(): boolean {
    return this.engine?.realtime === true
  }

  behindLiveMs(): number | null {
    return this.engine?.behindLiveMs() ?? null
  }

  /** When `date` was true, monotonic; null: it is true now. */
  datedAt(): number | null {
    return this.engine?.datedAt?.() ?? null
  }

  /** The lease changed; the same source goes on under another address. */
  swapLease(from: string, to: string, source: Source): void {
    if (!this.source) return
    this.source = source
    this.pilot.begin(source)
    if (!this.engine) return
    if (!this.engine.swapLease(from, to)) void this.reopen(this.source, this.whereNow())
  }

  /** The lecturer is on air, for the first time or again. */
  lecturerBack(): void {
    this.choice.restarted()
    if (this.wanted && this.mayImprove()) this.restart()
    else this.hurry()
  }

  /** The network is back, or the lecturer is: do not wait for the next try. */
  hurry(): void {
    if (!this.source || !this.wanted) return
    if (this.resting) {
      this.restart()
      return
    }
    if (this.engine?.realtime || this.watchdog.stalledMs(this.options.now()) === 0) return
    this.backoff.reset()
    this.retry()
  }

  private start(): void {
    this.options.video.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') {
        this.wanted = false
        this.options.events.blocked()
        this.rest()
      }
      // AbortError: another source took its place, which is played instead.
    })
  }

  private listen(): void {
    const { video, events } = this.options
    const on = (name: string, handle: () => unknown) => video.addEventListener(name, handle, { signal: this.stop.signal })
    on('playing', () => {
      this.reopening = false
      this.begun = true
      // Under the sound alone the last picture stays to be seen.
      if (this.course !== 'sound') this.still.drop()
      events.moving()
    })
    on('waiting', () => this.wanted && events.standing('buffering'))
    on('seeking', () => events.jumped())
    // A connection that ends is no lesson that ends.
    on('ended', () => this.engine && !this.engine.realtime && events.ended())
    on('pause', () => {
      if (this.reopening || this.resting || video.ended || !this.source) return
      this.wanted = false
      events.paused()
      this.rest()
    })
    // Of a lock screen or headphones, too.
    on('play', () => {
      this.wanted = true
      if (this.resting) this.restart()
    })
    on('timeupdate', () => {
      this.steer()
      if (this.watchdog.stalledMs(this.options.now()) === 0) this.backoff.reset()
    })
  }

  private watch(): void {
    const { video, now } = this.options
    if (!this.source || !this.engine) return
    if (this.engine.realtime) {
      this.watchFlow(now())
      return
    }
    const cure = this.watchdog.check({
      wanted: this.wanted,
      positionMs: Math.round(video.currentTime * 1000),
      at: now(),
      source: this.source.kind,
      behindLiveMs: this.engine.behindLiveMs(),
      lecturerAway: this.lecturerAway && this.source.kind === 'live',
    })
    if (this.watchdog.stalledMs(now()) >= (this.begun ? LONG_MS : BEGIN_MS)) this.options.events.standing('reconnecting')
    this.apply(cure)
  }

  /** Looks whether something else should play, and opens it. */
  private steer(): void {
    const { engine, source } = this
    const at = this.options.now()
    if (!source || !engine || this.resting || at - this.steeredAt < STEER_MS - 50) return
    this.steeredAt = at
    const { currentTime } = this.options.video
    const stalled = this.wanted && !engine.realtime && !this.lecturerAway && currentTime === this.lastTime && navigator.onLine !== false
    this.lastTime = currentTime
    const { bps, needBps } = engine.line?.() ?? { bps: null, needBps: null }
    const course = this.pilot.look({ at, stalled, begun: this.begun, measured: engine.line !== undefined, bps, needBps })
    if (course === this.course) this.publishCourse()
    else if (course === 'sound' && source.kind === 'live' && this.begun) void this.reopen(source, { date: engine.date(), guessMs: null })
    else this.restart()
  }

  private publishCourse(): void {
    const course = [this.course, this.pilot.weak].join()
    if (course === this.published) return
    this.published = course
    this.options.events.course(this.course, this.pilot.weak)
  }

  private apply(cure: Cure): void {
    if (cure === 'jump') this.engine?.seekLive()
    else if (cure === 'resume') this.engine?.resume()
    else if (cure === 'reload' && this.source) void this.reopen(this.source, this.whereNow())
    // Reopening a source, or a jump, may leave the element paused.
    if (cure !== 'none' && this.wanted && this.options.video.paused) this.start()
  }

  private failed(kind: FailureKind, detail: string): void {
    if (kind === 'lease') return this.options.events.leaseRefused()
    if (kind === 'unsupported') return this.options.events.unsupported()
    console.info('playback: %s failure (%s), trying again', kind, detail)
    if (kind === 'lost' || kind === 'later' || kind === 'never') {
      this.otherwise(kind)
      return
    }
    if (this.wanted) this.options.events.standing('reconnecting')
    clearTimeout(this.retryTimer)
    const reopen = kind === 'media' || this.backoff.tries % REOPEN_EVERY === REOPEN_EVERY - 1
    this.retryTimer = setTimeout(() => this.retry(reopen), this.backoff.next())
  }

  private retry(reopen = false): void {
    clearTimeout(this.retryTimer)
    if (!this.source) return
    if (reopen) this.restart()
    else this.engine?.resume()
  }

  private restart(): void {
    if (this.source) void this.reopen(this.source, this.whereNow())
  }

  /** WHEP did not do: join once more, or LL-HLS at the live edge. The last picture stays until the other one plays. */
  private otherwise(how: WhepFailure): void {
    this.choice.failed(how, this.options.now())
    const offline = how === 'lost' && navigator.onLine === false
    if (this.wanted) this.options.events.standing(offline ? 'reconnecting' : 'buffering')
    // `hurry` joins again when the network is back.
    if (offline || !this.wanted) this.rest()
    else this.restart()
  }

  /** It could come by WHEP, and does not. */
  private mayImprove(): boolean {
    return this.source?.whep != null && this.choice.open && this.engine !== null && !this.engine.realtime
  }

  /** Leaves a connection that nobody looks at; the last picture stays. */
  private rest(): void {
    if (!this.engine?.realtime) return
    this.letGo()
    this.resting = true
  }

  /** The last picture stays, and whatever plays next begins elsewhere. */
  private letGo(): void {
    if (!this.engine) return
    this.still.keep()
    this.engine.destroy()
    this.engine = null
    this.options.events.jumped()
  }

  private flows(moving: boolean): void {
    this.flow.moves(moving, this.options.now())
    if (moving) this.options.events.moving()
    else if (this.wanted) this.options.events.standing('buffering')
  }

  private watchFlow(at: number): void {
    if (!this.wanted) return
    const state = this.flow.check(at, this.lecturerAway)
    if (state !== 'fine') this.options.events.standing('reconnecting')
    if (state === 'lost') this.failed('lost', 'nothing comes')
  }

  private whereNow(): StartAt {
    if (this.source?.kind === 'live') return 'live'
    // What has not begun has not left its place either.
    if (!this.begun) return this.target
    return { date: this.engine?.date() ?? null, guessMs: this.options.video.currentTime * 1000 }
  }
}
