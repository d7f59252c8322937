/** What a person can do with the player: taps, and the keys of headsets and lock screens. Only these begin to play. */
import { AudioCore } from './audioCore'
import type { SleepChoice } from './sleep'
import type { TrackHint } from './types'

/** A jump further than this can be undone. */
const FAR_MS = 30_000
/** 上一集 this far into an episode means: from its beginning. */
const RESTART_MS = 5000
export const JUMP_MS = 15_000
export const RATES = [0.75, 1, 1.25, 1.5, 1.75, 2] as const

export type { TrackHint } from './types'

export class AudioPlayer extends AudioCore {
  /** A tap on 播放 of an episode. Without `atMs` it goes on where it was heard last. */
  play(hint: TrackHint, atMs?: number): void {
    if (this.value.track?.id === hint.id && this.evidence) {
      if (atMs !== undefined) this.seekTo(atMs)
      this.resume()
      return
    }
    if (this.coming.id === hint.id && atMs === undefined) this.coming.hurry()
    else this.go(hint, null, atMs)
  }

  /** The page of an episode is open and nothing else plays: its first minutes may come before the tap. */
  prime(hint: TrackHint): void {
    if (this.deck.wanted || this.value.track?.id === hint.id) return
    if (this.value.track && this.value.stage !== 'over' && this.value.stage !== 'ready') return
    this.leaveEpisode()
    this.deck.empty()
    this.enter(hint, null)
    this.set({ primed: true })
  }

  /** A tap or a media key. */
  resume(): void {
    const { evidence } = this
    if (!evidence) return
    this.gesture = true
    this.set({ blocked: false, primed: false })
    evidence.hurry()
    if (this.value.stage === 'over') {
      this.coming.cancel()
      this.evidence?.meter.jump(this.options.now())
      this.deck.seek(0)
      this.set({ positionMs: 0 })
    }
    this.deck.wanted = true
    if (this.deck.broken || this.value.stage === 'failed') {
      this.recovery.reset()
      this.stands('buffering')
      void this.recover()
    } else this.deck.play()
    // Sound comes from what is there already; meanwhile another lease is asked for.
    if (evidence.expired && evidence.lease) void evidence.renew()
  }

  pause(): void {
    this.deck.pause()
  }

  toggle(): void {
    if (this.deck.wanted && !this.value.blocked) this.pause()
    else this.resume()
  }

  seekBy(ms: number): void {
    this.seekTo(this.value.positionMs + ms)
  }

  seekTo(ms: number): void {
    const { lengthMs, positionMs } = this.value
    const to = Math.min(Math.max(0, ms), lengthMs || Number.POSITIVE_INFINITY)
    this.evidence?.meter.jump(this.options.now())
    this.deck.seek(to)
    if (this.value.stage === 'opening') this.beginAt = to
    this.set({ positionMs: to, ...(Math.abs(to - positionMs) > FAR_MS ? { undoMs: positionMs } : {}) })
    if (this.value.stage !== 'over') return
    // It stays with this one.
    this.coming.cancel()
    this.deck.wanted = false
    this.set({ stage: 'paused' })
  }

  /** Back to before the last far jump. */
  undo(): void {
    const { undoMs } = this.value
    if (undoMs === null) return
    this.seekTo(undoMs)
    this.set({ undoMs: null })
  }

  /** The place that was not taken at the beginning. */
  takeOther(): void {
    const { other } = this.value
    if (!other) return
    this.seekTo(other.position_ms)
    this.set({ other: null })
  }

  skip(direction: 1 | -1): void {
    const { track, positionMs } = this.value
    if (!track) return
    const back = direction < 0 && (positionMs > RESTART_MS || track.previous === null)
    const id = direction < 0 ? track.previous : this.options.next(track)
    if (back) this.seekTo(0)
    else if (id !== null) {
      const ready = this.upNext.take(id)
      if (ready) this.go(ready.track, ready)
      else
        void this.coming.open(
          id,
          (then) => this.go(then.track, then),
          () => undefined,
        )
    }
  }

  setRate(rate: number): void {
    this.evidence?.meter.cut(this.sample(), 'rate')
    this.deck.speed(rate)
    this.options.taste.rate.set(rate)
    this.set({ rate })
  }

  /** 省流量: half the bytes, from the same place. */
  setSaver(saver: boolean): void {
    this.options.taste.saver.set(saver)
    this.set({ saver })
    const grant = this.evidence?.lease
    const url = grant ? this.urlOf(grant) : null
    if (url && url !== this.url) this.reload(url)
  }

  setSleep(choice: SleepChoice | null): void {
    this.sleepTimer.set(choice)
    this.showSleep()
  }
}
