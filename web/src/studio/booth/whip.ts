/**
 * Publishes a camera and a microphone by WHIP and comes back by itself: after a restart of the server or the media
 * service, after a cable was out, after a seat that a dead connection still held. One session at a time, ever.
 *
 * ```text
 * idle ─start─▶ connecting ─▶ sending ─(silent: is it still known?)─▶ connecting …
 *                   └─ failed ─▶ waiting ─▶ connecting      └─ for a person to mend ─▶ refused
 * ```
 */
import { asProblem, type Problem } from '@/api/problem'
import { Backoff } from '@/player/backoff'
import type { BoothGrant } from './api'
import { WhipSession, type SessionDeps, type Tracks } from './whipSession'

const FIRST_RETRY_MS = 400
/** Never later than this after the cause is gone: it is what keeps "back within 5 s" true. */
const LONGEST_RETRY_MS = 2_000
/** How often a connection is looked at, and how long it may be silent before the media service is asked. Its reports come every second. */
const LOOK_MS = 1_000
const SILENT_MS = 2_500
/** A pass with less left than this is not begun with. */
const PASS_LEFT_MS = 60_000

export type WhipPhase = 'idle' | 'connecting' | 'sending' | 'waiting' | 'refused'

export interface WhipState {
  phase: WhipPhase
  /** Why it waits or was refused. */
  problem: Problem | null
  /** It was sending before, so this is coming back and no first try. */
  back: boolean
  /** Nothing comes back from the media service and it does not answer: the way is out, though the session may live on. */
  silent: boolean
}

export interface WhipDeps extends SessionDeps {
  grant(): Promise<BoothGrant>
  now(): number
  random(): number
  onState(state: WhipState): void
}

/** What only a person can mend; all else is tried again. */
const FOR_PEOPLE = new Set([
  'no_h264',
  'offer_not_playable',
  'offer_malformed',
  'content_type',
  'wrong_phase',
  'not_allowed',
  'not_found',
  'sign_in_required',
  'lesson_cancelled',
])

export class WhipPublisher {
  private phase: WhipPhase = 'idle'
  private tracks: Tracks = { video: null, audio: null }
  private session: WhipSession | null = null
  private grant: BoothGrant | null = null
  private backoff: Backoff
  /** Whoever was started under an older number has nothing to say any more. */
  private turn = 0
  /** The attempt under way; the next one begins when it is over. */
  private busy: Promise<void> = Promise.resolve()
  private timer = 0
  private sentOnce = false
  private keysRefused = 0
  private packets = -1
  private heardAt = 0
  private silent = false

  constructor(private readonly deps: WhipDeps) {
    this.backoff = new Backoff(deps.random, FIRST_RETRY_MS, LONGEST_RETRY_MS)
  }

  get peer(): RTCPeerConnection | null {
    return this.session?.pc ?? null
  }

  start(tracks: Tracks): void {
    this.tracks = { ...tracks }
    if (this.phase !== 'idle' && this.phase !== 'refused') return
    this.keysRefused = 0
    this.backoff.reset()
    this.connect()
  }

  /** Another camera, screen or microphone; from the next session on, too. */
  async replace(kind: 'audio' | 'video', track: MediaStreamTrack | null): Promise<void> {
    this.tracks[kind] = track
    await this.session?.send(kind, track).catch(() => this.again(null))
  }

  /** The cause may be gone (the network is back, the room says so): try now instead of later. */
  hurry(): void {
    if (this.phase === 'waiting') this.connect()
    else if (this.phase === 'sending') void this.look(true)
  }

  async stop(): Promise<void> {
    const session = this.rest()
    await session?.end()
    await this.busy
  }

  /** The page is being closed. */
  leave(): void {
    this.rest()?.endNow()
  }

  private rest(): WhipSession | null {
    this.turn += 1
    this.deps.clearTimer(this.timer)
    const session = this.session
    this.session = null
    this.sentOnce = false
    this.say('idle', null)
    return session
  }

  private say(phase: WhipPhase, problem: Problem | null): void {
    this.phase = phase
    if (phase !== 'sending') this.silent = false
    this.deps.onState({ phase, problem, back: this.sentOnce, silent: this.silent })
  }

  private connect(): void {
    this.turn += 1
    const turn = this.turn
    this.deps.clearTimer(this.timer)
    this.say('connecting', null)
    const before = this.session
    this.session = null
    this.busy = this.busy.then(async () => {
      await before?.end()
      if (turn === this.turn) await this.attempt(turn)
    })
  }

  private async attempt(turn: number): Promise<void> {
    try {
      if (!this.grant || this.grant.expires_at - this.deps.now() < PASS_LEFT_MS) this.grant = await this.deps.grant()
      if (turn !== this.turn) return
      const began = { ...this.tracks }
      const session = await WhipSession.open(this.deps, this.grant, began)
      if (turn !== this.turn) return await session.end()
      this.session = session
      this.keysRefused = 0
      this.backoff.reset()
      this.sentOnce = true
      this.packets = -1
      this.heardAt = this.deps.now()
      for (const kind of ['audio', 'video'] as const) if (began[kind] !== this.tracks[kind]) await session.send(kind, this.tracks[kind])
      session.pc.addEventListener('connectionstatechange', () => this.changed(turn, session))
      this.say('sending', null)
      this.changed(turn, session)
      this.watch(turn)
    } catch (thrown) {
      if (turn === this.turn) this.failed(asProblem(thrown))
    }
  }

  private failed(problem: Problem): void {
    if (problem.code === 'key_wrong' || problem.code === 'key_missing') {
      // The pass has expired, or the person has lost the right: the answer to a request for a new one shows which.
      this.grant = null
      this.keysRefused += 1
    }
    if (FOR_PEOPLE.has(problem.code) || this.keysRefused > 1) {
      this.turn += 1
      this.say('refused', problem)
      return
    }
    this.again(problem)
  }

  private again(problem: Problem | null): void {
    this.turn += 1
    const session = this.session
    this.session = null
    this.busy = this.busy.then(() => session?.end())
    this.say('waiting', problem)
    const asked = problem?.retryAfter ? Math.min(problem.retryAfter * 1000, LONGEST_RETRY_MS) : LONGEST_RETRY_MS
    this.deps.clearTimer(this.timer)
    this.timer = this.deps.setTimer(() => this.connect(), Math.min(this.backoff.next(), asked))
  }

  private changed(turn: number, session: WhipSession): void {
    if (turn !== this.turn) return
    const state = session.pc.connectionState
    if (state === 'failed' || state === 'closed') this.connect()
    else if (state === 'disconnected') void this.look(true)
  }

  private watch(turn: number): void {
    this.deps.clearTimer(this.timer)
    this.timer = this.deps.setTimer(() => {
      if (turn !== this.turn) return
      void this.look(false).then(() => {
        if (turn === this.turn) this.watch(turn)
      })
    }, LOOK_MS)
  }

  private hush(silent: boolean): void {
    if (silent === this.silent) return
    this.silent = silent
    this.say(this.phase, null)
  }

  /** Something must come back from the media service all the time; if nothing does, it is asked whether it knows us. */
  private async look(now: boolean): Promise<void> {
    const { turn, session } = this
    if (!session) return
    const packets = await received(session.pc)
    if (turn !== this.turn) return
    if (packets !== this.packets) {
      this.packets = packets
      this.heardAt = this.deps.now()
      this.hush(false)
    }
    if (!now && this.deps.now() - this.heardAt < SILENT_MS) return
    try {
      const known = await session.probe()
      if (turn === this.turn && !known) this.connect()
    } catch {
      // No answer: the way is out. The connection may come back by itself; the next look asks again.
      if (turn === this.turn && this.deps.now() - this.heardAt >= SILENT_MS) this.hush(true)
    }
  }
}

/** Packets that came in over the whole connection. */
async function received(pc: RTCPeerConnection): Promise<number> {
  let sum = 0
  const stats = await pc.getStats()
  stats.forEach((entry: { type: string; packetsReceived?: number; responsesReceived?: number }) => {
    if (entry.type === 'transport') sum += entry.packetsReceived ?? 0
    if (entry.type === 'candidate-pair') sum += entry.responsesReceived ?? 0
  })
  return sum
}
