/**
 * The live picture by WebRTC, below a second behind the lecturer. One connection an engine: it joins, plays, and when that
 * ends it says how, once. Loaded on demand. What happens then is decided in whepChoice.ts.
 */
import type { Engine, EngineEvents, FailureKind } from './engine'
import { WhepClock, type Received } from './whepClock'
import { refusal, WhepSession, type WhepDeps } from './whepSession'

/** How often what is played is looked at. */
const LOOK_MS = 250
/** From the offer to the first frame; LL-HLS would play by then. */
const JOIN_MS = 4000
/** From the first frame to its date, which needs two reports of the sender. Without a date nothing of it would count. */
const DATE_MS = 6000
/** Browsers call a connection broken after some seconds of silence; it gets this much longer to mend. */
const SHAKY_MS = 2000

export class WhepEngine implements Engine {
  readonly realtime = true
  private session: WhepSession | null = null
  private readonly clock = new WhepClock()
  private timer: ReturnType<typeof setInterval> | undefined
  private readonly stop = new AbortController()
  /** Failed or destroyed: nothing is said any more. */
  private over = false
  private begunAt = 0
  private lookedAt = 0
  private playsSince: number | null = null
  private shakySince: number | null = null
  private moving = true
  private picture: 'in' | 'out' = 'in'

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly events: EngineEvents,
    private readonly deps: WhepDeps = { peer: () => new RTCPeerConnection(), fetch: (...asked) => fetch(...asked) },
  ) {}

  static supported(): boolean {
    if (typeof RTCPeerConnection !== 'function') return false
    const codecs = globalThis.RTCRtpReceiver?.getCapabilities?.('video')?.codecs ?? []
    return codecs.some((codec) => codec.mimeType.toLowerCase() === 'video/h264')
  }

  load(url: string): void {
    this.begunAt = performance.now()
    // A page that goes away must not keep its place on the node until its silence is noticed.
    addEventListener('pagehide', () => this.session?.end(), { signal: this.stop.signal })
    this.timer = setInterval(() => void this.look(), LOOK_MS)
    // A hidden page's timers may come once a minute only; events of media that plays still come.
    this.video.addEventListener('timeupdate', () => performance.now() - this.lookedAt >= 2 * LOOK_MS && void this.look(), {
      signal: this.stop.signal,
    })
    try {
      const session = new WhepSession(this.deps)
      this.session = session
      // At once, although nothing comes yet: play() of the player counts for the source that is set.
      this.video.srcObject = session.stream()
      session.join(url).catch((thrown: unknown) => this.fail(refusal(thrown), String(thrown)))
    } catch (thrown) {
      this.fail('never', String(thrown))
    }
  }

  /** The lease was looked at when the session began; the next one begins with the new one. */
  swapLease(): boolean {
    return true
  }

  resume(): void {
    // There is nothing to ask again: what a connection does not bring is lost.
  }

  date(): number | null {
    return this.clock.date
  }

  datedAt(): number {
    return this.clock.at
  }

  seekToDate(): boolean {
    return false
  }

  seekLive(): void {
    // It is live or it is nothing.
  }

  behindLiveMs(): number | null {
    return this.playsSince === null ? null : 0
  }

  destroy(): void {
    this.over = true
    clearInterval(this.timer)
    this.stop.abort()
    this.session?.end()
    this.video.srcObject = null
  }

  private async look(): Promise<void> {
    const { session } = this
    if (!session) return
    this.lookedAt = performance.now()
    const received = await session.received().catch(() => null)
    if (!this.over) this.judge(session, received, performance.now())
  }

  private judge(session: WhepSession, received: Received | null, now: number): void {
    const { clock } = this
    if (received) clock.look(received, now)
    if (this.playsSince === null) {
      if (received && (received.frames > 0 || clock.soundAlone)) this.begins(now)
      else if (session.state === 'gone') this.fail('never', 'closed while joining')
      else if (now - this.begunAt > JOIN_MS) this.fail('never', 'no frame')
      return
    }
    if (this.picture === 'out' && received && received.frames > 0) this.withPicture(session, true)
    this.shakySince = session.state === 'shaky' && !clock.moving ? (this.shakySince ?? now) : null
    if (session.state === 'gone') this.fail('lost', 'closed')
    else if (this.shakySince !== null && now - this.shakySince > SHAKY_MS) this.fail('lost', 'silent')
    else if (clock.date === null && clock.moving && now - this.playsSince > DATE_MS) this.fail('never', 'no date')
    else if (clock.moving !== this.moving) {
      this.moving = clock.moving
      this.events.flows?.(this.moving)
    }
  }

  private begins(now: number): void {
    this.playsSince = now
    this.events.ready()
    if (!this.clock.soundAlone || !this.session) return
    // An element waits for the first frame of a picture it was given; without it the sound plays at once.
    this.withPicture(this.session, false)
    this.events.flows?.(true)
  }

  private withPicture(session: WhepSession, wanted: boolean): void {
    this.picture = wanted ? 'in' : 'out'
    session.showPicture(wanted)
  }

  private fail(kind: FailureKind, detail: string): void {
    if (this.over) return
    this.over = true
    clearInterval(this.timer)
    this.session?.end()
    this.events.failed(kind, detail)
  }
}
