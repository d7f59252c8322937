/**
 * The picture side of the player: one media element, one engine at a time, and bringing it back whenever it stops. Every
 * failure ends in another try: it gives up only what the device cannot play at all.
 */
import { Backoff } from './backoff'
import type { Engine, EngineFactory, FailureKind, StartAt } from './engine'
import { Watchdog, type Cure } from './watchdog'

export interface PlaybackEvents {
  /** Media moves. */
  moving(): void
  /** Media stands although it should move; `why` is what a page may say about it. */
  standing(why: 'buffering' | 'reconnecting'): void
  /** Somebody (page, lock screen, phone call) paused it. */
  paused(): void
  /** The browser wants a tap first. */
  blocked(): void
  ended(): void
  jumped(): void
  leaseRefused(): void
  unsupported(): void
}

export interface PlaybackOptions {
  video: HTMLVideoElement
  loadEngine: (video: HTMLVideoElement) => Promise<EngineFactory | null>
  events: PlaybackEvents
  random: () => number
  now: () => number
}

export interface Source {
  kind: 'live' | 'replay'
  url: string
}

/** Every so many failures in a row the whole source is opened anew instead of asked again. */
const REOPEN_EVERY = 2
/** Resuming a live lesson this far behind goes to the edge. */
const BACK_TO_LIVE_MS = 12_000

export class Playback {
  source: Source | null = null
  /** The member wants it to play. */
  wanted = false
  lecturerAway = false
  private engine: Engine | null = null
  private factory: EngineFactory | null = null
  private loading = 0
  private reopening = false
  private readonly watchdog = new Watchdog()
  private readonly backoff: Backoff
  private retryTimer: ReturnType<typeof setTimeout> | undefined
  private readonly timer: ReturnType<typeof setInterval>
  private readonly stop = new AbortController()

  constructor(private readonly options: PlaybackOptions) {
    this.backoff = new Backoff(options.random, 600, 3000)
    this.timer = setInterval(() => this.watch(), 1000)
    this.listen()
  }

  /** Opens a source; plays it when play is wanted. */
  async open(source: Source, at: StartAt): Promise<void> {
    const turn = ++this.loading
    clearTimeout(this.retryTimer)
    this.source = source
    this.factory ??= await this.options.loadEngine(this.options.video).catch(() => null)
    if (turn !== this.loading) return
    if (!this.factory) {
      this.options.events.unsupported()
      return
    }
    this.reopening = true
    this.engine?.destroy()
    const engine = this.factory(this.options.video, {
      ready: () => {
        if (this.engine === engine) this.reopening = false
      },
      failed: (kind, detail) => {
        if (this.engine === engine) this.failed(kind, detail)
      },
    })
    this.engine = engine
    this.watchdog.reset()
    engine.load(source.url, at)
    if (this.wanted) this.start()
  }

  close(): void {
    this.loading++
    clearTimeout(this.retryTimer)
    this.source = null
    this.engine?.destroy()
    this.engine = null
    this.wanted = false
  }

  destroy(): void {
    this.close()
    clearInterval(this.timer)
    this.stop.abort()
  }

  play(): void {
    this.wanted = true
    if (!this.engine) return
    if (this.source?.kind === 'live' && (this.engine.behindLiveMs() ?? 0) > BACK_TO_LIVE_MS) this.engine.seekLive()
    this.start()
  }

  pause(): void {
    this.wanted = false
    this.options.video.pause()
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

  behindLiveMs(): number | null {
    return this.engine?.behindLiveMs() ?? null
  }

  /** The lease changed; the same source goes on under another address. */
  swapLease(from: string, to: string, url: string): void {
    if (!this.source || !this.engine) return
    this.source = { ...this.source, url }
    if (!this.engine.swapLease(from, to)) void this.open(this.source, this.whereNow())
  }

  /** The network is back, or the lecturer is: do not wait for the next try. */
  hurry(): void {
    if (!this.source || !this.wanted || this.watchdog.stalledMs(this.options.now()) === 0) return
    this.backoff.reset()
    this.retry()
  }

  private start(): void {
    this.options.video.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') {
        this.wanted = false
        this.options.events.blocked()
      }
      // AbortError: another source took its place, which is played instead.
    })
  }

  private listen(): void {
    const { video, events } = this.options
    const { signal } = this.stop
    video.addEventListener('playing', () => {
      this.reopening = false
      events.moving()
    }, { signal })
    video.addEventListener('waiting', () => this.wanted && events.standing('buffering'), { signal })
    video.addEventListener('seeking', () => events.jumped(), { signal })
    video.addEventListener('ended', () => events.ended(), { signal })
    video.addEventListener('pause', () => {
      if (this.reopening || video.ended || !this.source) return
      this.wanted = false
      events.paused()
    }, { signal })
    video.addEventListener('play', () => (this.wanted = true), { signal })
    video.addEventListener('timeupdate', () => {
      if (this.watchdog.stalledMs(this.options.now()) === 0) this.backoff.reset()
    }, { signal })
  }

  private watch(): void {
    const { video, now } = this.options
    if (!this.source || !this.engine) return
    const cure = this.watchdog.check({
      wanted: this.wanted,
      positionMs: Math.round(video.currentTime * 1000),
      at: now(),
      source: this.source.kind,
      behindLiveMs: this.engine.behindLiveMs(),
      lecturerAway: this.lecturerAway && this.source.kind === 'live',
    })
    if (this.watchdog.stalledMs(now()) >= 3000) this.options.events.standing('reconnecting')
    this.apply(cure)
  }

  private apply(cure: Cure): void {
    if (cure === 'jump') this.engine?.seekLive()
    else if (cure === 'resume') this.engine?.resume()
    else if (cure === 'reload' && this.source) void this.open(this.source, this.whereNow())
    // A source that was opened anew, or a jump, may leave the element paused.
    if (cure !== 'none' && this.wanted && this.options.video.paused) this.start()
  }

  private failed(kind: FailureKind, detail: string): void {
    if (kind === 'lease') {
      this.options.events.leaseRefused()
      return
    }
    if (kind === 'unsupported') {
      this.options.events.unsupported()
      return
    }
    console.info('playback: %s failure (%s), trying again', kind, detail)
    if (this.wanted) this.options.events.standing('reconnecting')
    clearTimeout(this.retryTimer)
    const anew = kind === 'media' || this.backoff.tries % REOPEN_EVERY === REOPEN_EVERY - 1
    this.retryTimer = setTimeout(() => this.retry(anew), this.backoff.next())
  }

  private retry(anew = false): void {
    clearTimeout(this.retryTimer)
    if (!this.source) return
    if (anew) void this.open(this.source, this.whereNow())
    else this.engine?.resume()
  }

  private whereNow(): StartAt {
    if (this.source?.kind === 'live') return 'live'
    return { date: this.engine?.date() ?? null, guessMs: this.options.video.currentTime * 1000 }
  }
}
