/**
 * Plays what arrives, for staff: a preview lease, the member's engine, and nothing else — no beats, no position kept.
 * It never gives up: whatever fails is tried again, later and later, with a new lease where the old one is refused.
 * Framework-free; engine, lease and timers are injected.
 */
import { Backoff } from '@/player/backoff'
import type { Engine, EngineEvents, FailureKind } from '@/player/engine'

export type PreviewState = 'idle' | 'opening' | 'playing' | 'retrying' | 'unsupported'

export interface PreviewLease {
  live_url: string | null
  expires_at: number
}

export interface PreviewParts {
  lease(): Promise<PreviewLease>
  /** Null: nothing on this device can play it. */
  engine(events: EngineEvents): Promise<Engine | null>
  onState(state: PreviewState): void
  now(): number
  setTimer(run: () => void, ms: number): number
  clearTimer(id: number): void
  random(): number
}

/** A new lease is fetched this long before the old one ends. */
const RENEW_BEFORE_MS = 60_000

export class PreviewPlayer {
  private engine: Engine | null = null
  private lease: PreviewLease | null = null
  private timer: number | null = null
  /** Grows with every stop and restart, so that an answer to an older question is dropped. */
  private turn = 0
  private running = false
  private readonly backoff: Backoff
  private readonly parts: PreviewParts

  constructor(parts: PreviewParts) {
    this.parts = parts
    this.backoff = new Backoff(() => parts.random(), 1000, 8000)
  }

  start(): void {
    if (this.running) return
    this.running = true
    this.backoff.reset()
    void this.open()
  }

  stop(): void {
    this.running = false
    this.end()
    this.parts.onState('idle')
  }

  /** The stream behind the same address is another one now (the lesson began): load it afresh. */
  restart(): void {
    if (!this.running) return
    this.end()
    void this.open()
  }

  private end(): void {
    this.turn += 1
    if (this.timer !== null) this.parts.clearTimer(this.timer)
    this.timer = null
    this.engine?.destroy()
    this.engine = null
  }

  private async open(): Promise<void> {
    const turn = ++this.turn
    this.parts.onState('opening')
    try {
      if (!this.lease || this.parts.now() > this.lease.expires_at - RENEW_BEFORE_MS || !this.lease.live_url)
        this.lease = await this.parts.lease()
      if (turn !== this.turn) return
      const url = this.lease.live_url
      if (!url) return this.again()
      const engine = await this.parts.engine({
        ready: () => this.ready(turn),
        failed: (kind) => this.failed(turn, kind),
      })
      if (turn !== this.turn) return engine?.destroy()
      if (!engine) {
        this.running = false
        return this.parts.onState('unsupported')
      }
      this.engine = engine
      engine.load(url, 'live')
    } catch {
      if (turn === this.turn) this.again()
    }
  }

  private ready(turn: number): void {
    if (turn !== this.turn || !this.lease) return
    this.backoff.reset()
    this.parts.onState('playing')
    if (this.timer !== null) return
    const left = this.lease.expires_at - RENEW_BEFORE_MS - this.parts.now()
    this.timer = this.parts.setTimer(() => this.restart(), Math.max(left, 1000))
  }

  private failed(turn: number, kind: FailureKind): void {
    if (turn !== this.turn) return
    if (kind === 'lease') this.lease = null
    this.again()
  }

  private again(): void {
    this.end()
    this.parts.onState('retrying')
    this.timer = this.parts.setTimer(() => {
      this.timer = null
      void this.open()
    }, this.backoff.next())
  }
}
