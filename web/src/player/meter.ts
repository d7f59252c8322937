/**
 * What was played, as beats. Fed with samples of the media element (where it is on the lesson's timeline, when, how fast),
 * it emits the intervals that the element really advanced through. Pure: no clock, no timers, no media element.
 *
 * It must never claim more than was played: whatever moved faster than time × rate is a jump, and a jump is not claimed.
 */
import type { Beat, BeatCause, BeatState } from '@/api/types'

export type BeatDraft = Omit<Beat, 'seq'>

export interface Sample {
  /** Position on the lesson's timeline; null while it is not known. */
  positionMs: number | null
  /** Monotonic clock of this device. */
  at: number
  /** The element's playback rate at this moment. */
  rate: number
}

export interface MeterContext {
  source: Beat['source']
  mode: Beat['mode']
  visible: boolean
}

/** A tick every 15 s ± 20 %, so that ten thousand phones do not report in the same second. */
export const TICK_MS = 15_000
export const TICK_SPREAD = 0.2
/** How far position may run ahead of time × rate before it is a jump; covers the coarseness of `currentTime`. */
const SLACK_MS = 300
/** A jump smaller than this (an engine skipping a hole) goes on without announcing itself; it is not claimed either. */
const SMALL_JUMP_MS = 2000
/** A step back smaller than this is the timeline being corrected at a segment boundary, not a seek. */
const STEP_BACK_MS = 250

interface Run {
  fromMs: number
  toMs: number
  /** The exact position of the last sample. */
  lastMs: number
  /** Real time that the advance of this interval took at its rates. */
  costMs: number
}

export class Meter {
  context: MeterContext = { source: 'live', mode: 'video', visible: true }
  private run: Run | null = null
  private running = false
  private gesture = false
  private startCause: BeatCause = 'play'
  private nextTickAt = 0
  private lastAt = 0
  /** Where the interval before a jump ended. */
  private jumpedFrom: number | null = null
  /** What may still be claimed ahead of time × rate. Time that passed without a claim fills it again, never above SLACK_MS. */
  private slackMs = SLACK_MS

  constructor(
    private readonly emit: (beat: BeatDraft) => void,
    private readonly random: () => number,
  ) {}

  /** Media starts to move. The beat that says so goes out with the first known position. */
  start(sample: Sample, gesture: boolean, cause: BeatCause = 'play'): void {
    if (this.running) this.stop(sample, cause, null)
    this.running = true
    this.gesture = gesture
    this.startCause = cause
    this.jumpedFrom = null
    this.begin(sample)
  }

  /** Called often while media moves. */
  sample(sample: Sample): void {
    if (!this.running) return
    if (!this.run) {
      this.begin(sample)
      return
    }
    this.advance(sample)
    if (sample.at >= this.nextTickAt) this.tick(sample)
  }

  /** Something changes while it plays on (rate, visibility): what was played until now goes out under the old conditions. */
  cut(sample: Sample, cause: BeatCause): void {
    if (!this.running || !this.run) return
    this.advance(sample)
    this.flush(sample.at, cause, 'playing', true)
  }

  /** The element was moved elsewhere: only what was seen before counts; the next sample opens a new interval. */
  jump(at: number, cause: BeatCause = 'seek'): void {
    if (!this.run) return
    this.flush(at, cause, 'playing', false)
    this.jumpedFrom = this.run.toMs
    this.run = null
    this.startCause = cause
  }

  /** Media stands. `state` null says nothing about it (another source follows at once). */
  stop(sample: Sample, cause: BeatCause, state: BeatState | null): void {
    if (this.run) {
      this.advance(sample)
      if (this.run) {
        this.flush(sample.at, cause, 'playing', false)
        if (state) this.send(this.run.toMs, this.run.toMs, sample.at, 1000, cause, state)
      }
    }
    this.run = null
    this.running = false
  }

  get active(): boolean {
    return this.running
  }

  private begin(sample: Sample): void {
    if (sample.positionMs === null || sample.positionMs < 0) return
    const at = Math.ceil(sample.positionMs)
    this.run = { fromMs: at, toMs: at, lastMs: sample.positionMs, costMs: 0 }
    this.slackMs = Math.min(SLACK_MS, this.slackMs + Math.max(0, sample.at - this.lastAt))
    this.lastAt = sample.at
    const small = this.jumpedFrom !== null && Math.abs(at - this.jumpedFrom) < SMALL_JUMP_MS
    this.jumpedFrom = null
    if (small) return
    this.send(at, at, sample.at, Math.round(sample.rate * 1000), this.startCause, 'playing')
    this.schedule(sample.at)
  }

  private advance(sample: Sample): void {
    const run = this.run
    if (!run || sample.positionMs === null) return
    const moved = sample.positionMs - run.lastMs
    const passed = Math.max(0, sample.at - this.lastAt)
    if (moved < 0 && moved >= -STEP_BACK_MS) {
      this.lastAt = sample.at
      return
    }
    const slack = Math.min(SLACK_MS, this.slackMs + passed * sample.rate - moved)
    if (moved < 0 || slack < 0) {
      this.jump(sample.at)
      this.begin(sample)
      return
    }
    this.slackMs = slack
    run.lastMs = sample.positionMs
    this.lastAt = sample.at
    run.costMs += moved / Math.max(0.01, sample.rate)
    run.toMs = Math.max(run.toMs, Math.floor(sample.positionMs))
  }

  private tick(sample: Sample): void {
    const run = this.run
    if (!run) return
    if (run.toMs > run.fromMs) this.flush(sample.at, 'tick', 'playing', false)
    else {
      this.send(run.toMs, run.toMs, sample.at, Math.round(sample.rate * 1000), 'tick', 'buffering')
      this.schedule(sample.at)
    }
  }

  /** Sends the open interval and opens the next one where it ended. */
  private flush(at: number, cause: BeatCause, state: BeatState, evenIfEmpty: boolean): void {
    const run = this.run
    if (!run) return
    const length = run.toMs - run.fromMs
    if (length > 0 || evenIfEmpty) {
      const rate = length > 0 && run.costMs > 0 ? Math.ceil((length * 1000) / run.costMs) : 1000
      this.send(run.fromMs, run.toMs, at, rate, cause, state)
    }
    run.fromMs = run.toMs
    run.costMs = 0
    this.schedule(at)
  }

  private schedule(at: number): void {
    this.nextTickAt = at + TICK_MS * (1 - TICK_SPREAD + 2 * TICK_SPREAD * this.random())
  }

  private send(fromMs: number, toMs: number, at: number, rateMilli: number, cause: BeatCause, state: BeatState): void {
    this.emit({
      state,
      cause,
      ...this.context,
      from_ms: fromMs,
      to_ms: toMs,
      rate_milli: rateMilli,
      client_ms: Math.round(at),
      gesture: this.gesture,
    })
    this.gesture = false
  }
}
