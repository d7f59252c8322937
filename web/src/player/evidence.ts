/**
 * The evidence side of the player: the lease, the beats made under it, and the room they travel through. It goes on whatever
 * the picture does, and changes to another lease without the picture noticing.
 */
import { asProblem, Problem } from '@/api/problem'
import type { Beat, LeaseGrant, Progress, RoomState } from '@/api/types'
import { Backoff } from './backoff'
import { Meter, type BeatDraft } from './meter'
import { drain, Outbox, type KeptLease, type OutboxStore } from './outbox'
import type { Device } from './platform'
import { Room, type Link, type PostAnswer } from './room'

export interface EvidenceApi {
  lease(lessonId: string, device: Device): Promise<LeaseGrant>
  post(lessonId: string, token: string, beats: Beat[]): Promise<PostAnswer>
  /** At page hide, when nothing else gets out any more. */
  beacon(lessonId: string, token: string, beats: Beat[]): boolean
  roomUrl(lessonId: string, token: string): string
  socket(url: string): WebSocket
}

export interface EvidenceEvents {
  state(state: RoomState): void
  progress(progress: Progress): void
  link(link: Link): void
  /** Another lease is in force; media addresses with the old one will stop working. */
  leased(grant: LeaseGrant, before: LeaseGrant | null): void
  problem(problem: Problem | null): void
}

export interface EvidenceOptions {
  lessonId: string
  memberId: string
  device: Device
  api: EvidenceApi
  store: OutboxStore
  events: EvidenceEvents
  random: () => number
  /** The server's wall clock, as far as this device knows it. */
  serverNow: () => number
}

/** How often one batch of an earlier page is sent again when the server asks to slow down; then it waits for the next connection. */
const LATE_TRIES = 20
/** A lease is renewed this long before it ends. */
const RENEW_BEFORE_MS = 60_000
/** A lease that was refused sooner than this is not replaced at once. */
const YOUNG_MS = 10_000
/** setTimeout holds no more than this. */
const LONGEST_TIMER_MS = 2_000_000_000

export class Evidence {
  readonly meter: Meter
  private grant: LeaseGrant | null = null
  private outbox: Outbox | null = null
  private room: Room | null = null
  private renewing: Promise<LeaseGrant | null> | null = null
  private closed = false
  private draining = false
  private link: Link = 'connecting'
  /** By a clock of the page that nobody sets. */
  private leasedAt = Number.NEGATIVE_INFINITY
  private renewTimer: ReturnType<typeof setTimeout> | undefined
  private renewAt = Number.POSITIVE_INFINITY
  private readonly again: Backoff

  constructor(private readonly options: EvidenceOptions) {
    this.meter = new Meter((draft) => this.made(draft), options.random)
    this.again = new Backoff(options.random, 1000, 10_000)
  }

  get lease(): LeaseGrant | null {
    return this.grant
  }

  /** Beats that the server has not acknowledged. */
  get pending(): number {
    return this.outbox?.size ?? 0
  }

  get refusals() {
    return this.outbox?.refusals ?? []
  }

  /** Another lease, now; goes on trying while the server does not answer. Null: it will not give one. */
  renew(): Promise<LeaseGrant | null> {
    this.renewing ??= this.obtain().finally(() => (this.renewing = null))
    return this.renewing
  }

  /** As `renew`, when something said that the lease is not accepted. */
  refused(): void {
    this.renewSoon()
  }

  hurry(): void {
    this.room?.hurry()
  }

  flush(): void {
    this.room?.flush()
  }

  /** Called by media that plays, not by a timer: a hidden page's timers may come once a minute only. */
  catchUp(): void {
    this.room?.catchUp()
    if (performance.now() >= this.renewAt) this.renewNow()
  }

  /** The page goes away, perhaps for good: everything that waits goes out in one last message. */
  beacon(): void {
    const { grant, outbox } = this
    if (!grant || !outbox) return
    for (let beats = outbox.batch(); beats.length > 0; beats = outbox.batch(beats.at(-1)!.seq)) {
      if (!this.options.api.beacon(grant.lesson_id, grant.lease, beats)) return
    }
  }

  close(): void {
    this.closed = true
    this.renewIn(null)
    this.room?.close()
    if (this.outbox) void this.deliver(this.outbox)
  }

  private async obtain(): Promise<LeaseGrant | null> {
    for (;;) {
      try {
        const grant = await this.options.api.lease(this.options.lessonId, this.options.device)
        if (this.closed) return null
        this.again.reset()
        this.options.events.problem(null)
        this.use(grant)
        return grant
      } catch (thrown) {
        if (this.closed) return null
        const problem = asProblem(thrown)
        this.options.events.problem(problem)
        const worthTrying = problem.offline || problem.status >= 500 || problem.status === 429
        if (!worthTrying) return null
        await this.wait(Math.max(this.again.next(), (problem.retryAfter ?? 0) * 1000))
      }
    }
  }

  private use(grant: LeaseGrant): void {
    const before = this.grant
    const left = this.outbox
    this.grant = grant
    const kept: KeptLease = { leaseId: grant.lease_id, token: grant.lease, lessonId: grant.lesson_id, memberId: this.options.memberId, keptAt: this.options.serverNow() }
    this.leasedAt = performance.now()
    this.outbox = new Outbox(kept, this.options.store)
    this.enter(grant, this.outbox)
    if (left) void this.deliver(left)
    if (grant.progress) this.options.events.progress(grant.progress)
    this.options.events.leased(grant, before)
    const lasts = grant.expires_at - this.options.serverNow() - RENEW_BEFORE_MS
    this.renewIn(Math.max(5000, lasts))
    void this.drain()
  }

  private enter(grant: LeaseGrant, outbox: Outbox): void {
    const { api, events, random } = this.options
    this.room?.close()
    this.room = new Room({
      url: api.roomUrl(grant.lesson_id, grant.lease),
      outbox,
      random,
      socket: (url) => api.socket(url),
      post: (beats) => api.post(grant.lesson_id, grant.lease, beats),
      events: {
        state: (state) => events.state(state),
        progress: (progress) => events.progress(progress),
        link: (link) => this.linked(link),
        lease: () => this.renewSoon(),
        signedOut: () => events.problem(new Problem(401, 'sign_in_required')),
      },
    })
    this.room.start()
  }

  /** The server refuses the lease: another one, but not one after the other without a pause. */
  private renewSoon(): void {
    const young = performance.now() - this.leasedAt
    this.renewIn(Math.max(0, YOUNG_MS - young))
  }

  /** Null: not at all. */
  private renewIn(ms: number | null): void {
    clearTimeout(this.renewTimer)
    this.renewAt = ms === null ? Number.POSITIVE_INFINITY : performance.now() + ms
    if (ms !== null) this.renewTimer = setTimeout(() => this.renewNow(), Math.min(LONGEST_TIMER_MS, ms))
  }

  private renewNow(): void {
    this.renewIn(null)
    void this.renew()
  }

  private linked(link: Link): void {
    const wasDown = this.link === 'down'
    this.link = link
    this.options.events.link(link)
    if (wasDown && link !== 'down') void this.drain()
  }

  private made(draft: BeatDraft): void {
    this.outbox?.add(draft)
    this.room?.flush()
  }

  /** What a lease that is no longer ours still has to say. Without an answer it stays in the store for `drain`. */
  private async deliver(outbox: Outbox): Promise<void> {
    try {
      // Beats that an answer says nothing of stay for `drain`, too; the batches after them do not wait.
      for (let beats = outbox.batch(); beats.length > 0; beats = outbox.batch(beats.at(-1)!.seq))
        outbox.settle(await this.options.api.post(outbox.lease.lessonId, outbox.lease.token, beats), beats)
    } catch {
      // next time
    }
  }

  private async drain(): Promise<void> {
    const { api, memberId, store } = this.options
    if (this.draining) return
    this.draining = true
    try {
      await drain(store, { memberId, except: this.grant?.lease_id ?? null, now: this.options.serverNow(), send: (lease, beats) => this.late(api, lease, beats) })
    } catch {
      // the next connection tries again
    } finally {
      this.draining = false
    }
  }

  private async late(api: EvidenceApi, lease: KeptLease, beats: Beat[], tries = LATE_TRIES): Promise<Pick<PostAnswer, 'acked' | 'refused'>> {
    try {
      return await api.post(lease.lessonId, lease.token, beats)
    } catch (thrown) {
      const problem = asProblem(thrown)
      if (problem.status === 429 && tries > 1 && !this.closed) {
        await this.wait((problem.retryAfter ?? 1) * 1000)
        return this.late(api, lease, beats, tries - 1)
      }
      // The server has decided about these for good: keeping them would only ask it again for ever.
      const final = problem.code.startsWith('lease_') || [400, 404, 413, 422].includes(problem.status)
      if (!final) throw problem
      return { acked: [], refused: beats.map((b) => ({ seq: b.seq, code: problem.code })) }
    }
  }

  private wait(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms))
  }
}
