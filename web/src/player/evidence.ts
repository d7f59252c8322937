/**
 * The evidence side of a player: the lease, the beats made under it, and the way they travel (a lesson's room, or POST alone).
 * It goes on whatever the medium does, and changes to another lease without the medium noticing.
 */
import { asProblem, Problem } from '@/api/problem'
import type { Beat, LeaseGrant, Progress } from '@/api/types'
import { Backoff } from './backoff'
import type { Leftovers } from './leftovers'
import { Meter, type BeatDraft } from './meter'
import { Outbox, type ItemRef, type KeptLease, type OutboxStore } from './outbox'
import type { Device } from './platform'
import type { Link, PostAnswer, Uplink, UplinkEvents } from './room'

/** What every lease says, whatever item it is for. */
export interface Grant {
  lease: string
  lease_id: string
  /** UTC milliseconds. */
  expires_at: number
  progress: Progress | null
}

export interface EvidenceApi<G extends Grant = LeaseGrant> {
  lease(itemId: string, device: Device): Promise<G>
  /** Of any item: also of those that earlier pages could not deliver. */
  post(item: ItemRef, token: string, beats: Beat[]): Promise<PostAnswer>
  /** At page hide, when nothing else gets out any more. */
  beacon(item: ItemRef, token: string, beats: Beat[]): boolean
  uplink(grant: G, outbox: Outbox, events: UplinkEvents): Uplink
}

export interface EvidenceEvents<G extends Grant = LeaseGrant> {
  progress(progress: Progress): void
  link(link: Link): void
  /** Another lease is in force; media addresses with the old one will stop working. */
  leased(grant: G, before: G | null): void
  problem(problem: Problem | null): void
}

export interface EvidenceOptions<G extends Grant = LeaseGrant> {
  item: ItemRef
  memberId: string
  device: Device
  api: EvidenceApi<G>
  store: OutboxStore
  events: EvidenceEvents<G>
  random: () => number
  /** The server's wall clock, as far as this device knows it. */
  serverNow: () => number
  /** True: nothing plays, and a lease that ends now is only replaced when it is asked for. */
  idle?: () => boolean
}

/** A lease is renewed this long before it ends. */
const RENEW_BEFORE_MS = 60_000
/** A lease that was refused sooner than this is not replaced at once. */
const YOUNG_MS = 10_000
/** setTimeout holds no more than this. */
const LONGEST_TIMER_MS = 2_000_000_000

/** Beats made between the end of a lease and the next one wait here: four hours of ticks. Of more the newest are dropped. */
const HELD_BEATS = 1024

export class Evidence<G extends Grant = LeaseGrant> {
  readonly meter: Meter
  private grant: G | null = null
  private outbox: Outbox | null = null
  private uplink: Uplink | null = null
  private renewing: Promise<G | null> | null = null
  /** Made after the lease had ended. */
  private held: BeatDraft[] = []
  private closed = false
  /** The server has said no for good; it is asked again when a person asks. */
  private denied = false
  private leftovers: Promise<Leftovers> | null = null
  private readonly sleepers = new Set<() => void>()
  private link: Link = 'connecting'
  /** By a clock of the page that nobody sets. */
  private leasedAt = Number.NEGATIVE_INFINITY
  private lastsMs = 0
  private renewTimer: ReturnType<typeof setTimeout> | undefined
  private renewAt = Number.POSITIVE_INFINITY
  private readonly again: Backoff

  constructor(private readonly options: EvidenceOptions<G>) {
    this.meter = new Meter((draft) => this.made(draft), options.random)
    this.again = new Backoff(options.random, 1000, 10_000)
  }

  get lease(): G | null {
    return this.grant
  }

  /**
   * There is no lease, or it is over: by the page's clock, or by the device's, which somebody may have set. That one may be wrong;
   * another lease costs little and its answer sets the clock right.
   */
  get expired(): boolean {
    if (this.grant === null) return true
    return performance.now() - this.leasedAt >= this.lastsMs || this.options.serverNow() >= this.grant.expires_at
  }

  /** Beats that the server has not acknowledged. */
  get pending(): number {
    return (this.outbox?.size ?? 0) + this.held.length
  }

  /** Another lease, now; goes on trying while the server does not answer. Null: it will not give one. */
  renew(): Promise<G | null> {
    this.denied = false
    this.renewing ??= this.obtain().finally(() => (this.renewing = null))
    return this.renewing
  }

  /** A lease that was asked for ahead of time. */
  adopt(grant: G): void {
    if (!this.closed) this.use(grant)
  }

  /** As `renew`, when something said that the lease is not accepted. */
  refused(): void {
    this.renewSoon()
  }

  hurry(): void {
    this.uplink?.hurry()
    for (const go of this.sleepers) go()
  }

  flush(): void {
    this.uplink?.flush()
  }

  /** Called by media that plays, not by a timer: a hidden page's timers may come once a minute only. */
  catchUp(): void {
    this.uplink?.catchUp()
    if (performance.now() >= this.renewAt) this.renewNow()
  }

  /** The page goes away, perhaps for good: everything that waits goes out in one last message. */
  beacon(): void {
    this.release()
    const { grant, outbox } = this
    if (!grant || !outbox) return
    for (let beats = outbox.batch(); beats.length > 0; beats = outbox.batch(beats.at(-1)!.seq)) {
      if (!this.options.api.beacon(this.options.item, grant.lease, beats)) return
    }
  }

  close(): void {
    this.release()
    this.closed = true
    this.renewIn(null)
    this.uplink?.close()
    const { outbox } = this
    if (outbox?.size || this.leftovers) this.later((leftovers) => outbox && leftovers.deliver(outbox))
  }

  private async obtain(): Promise<G | null> {
    for (;;) {
      try {
        const grant = await this.options.api.lease(this.options.item.id, this.options.device)
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
        if (!worthTrying) {
          this.denied = true
          this.release()
          return null
        }
        await this.wait(Math.max(this.again.next(), (problem.retryAfter ?? 0) * 1000), problem.offline)
      }
    }
  }

  private use(grant: G): void {
    const before = this.grant
    const left = this.outbox
    this.grant = grant
    const { item, memberId } = this.options
    const kept: KeptLease = { leaseId: grant.lease_id, token: grant.lease, lessonId: item.id, kind: item.kind, memberId, keptAt: this.options.serverNow() }
    this.leasedAt = performance.now()
    this.lastsMs = grant.expires_at - this.options.serverNow()
    this.outbox = new Outbox(kept, this.options.store)
    this.enter(grant, this.outbox)
    for (const draft of this.held.splice(0)) this.made(draft)
    if (left) this.later((leftovers) => leftovers.deliver(left))
    if (grant.progress) this.options.events.progress(grant.progress)
    this.options.events.leased(grant, before)
    this.renewIn(Math.max(5000, this.lastsMs - Math.min(RENEW_BEFORE_MS, this.lastsMs / 3)))
    this.later((leftovers) => leftovers.drain(grant.lease_id))
  }

  private enter(grant: G, outbox: Outbox): void {
    const { api, events } = this.options
    this.uplink?.close()
    this.uplink = api.uplink(grant, outbox, {
      progress: (progress) => events.progress(progress),
      link: (link) => this.linked(link),
      lease: () => this.renewSoon(),
      signedOut: () => events.problem(new Problem(401, 'sign_in_required')),
      turnedDown: (problem) => events.problem(problem),
    })
    this.uplink.start()
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
    if (!this.options.idle?.()) void this.renew()
  }

  private linked(link: Link): void {
    const wasDown = this.link === 'down'
    this.link = link
    this.options.events.link(link)
    if (wasDown && link !== 'down') this.later((leftovers) => leftovers.drain(this.grant?.lease_id))
  }

  private made(draft: BeatDraft): void {
    // Under a lease that is over it would be refused; it waits for the next one.
    if (this.grant && this.expired && !this.denied) {
      if (this.held.length < HELD_BEATS) this.held.push(draft)
      if (!this.renewing) this.renewSoon()
      return
    }
    this.outbox?.add(draft)
    this.uplink?.flush()
  }

  /** No other lease comes any more: what was held goes out under the one there is, which may be good by the server's clock. */
  private release(): void {
    for (const draft of this.held.splice(0)) this.outbox?.add(draft)
    this.uplink?.flush()
  }

  /** What is not in use any more is seen to by a part of the program that comes after the first sound. */
  private later(work: (leftovers: Leftovers) => unknown): void {
    const { api, memberId, random, serverNow, store } = this.options
    this.leftovers ??= import('./leftovers').then(
      (part) => new part.Leftovers({ post: api.post, memberId, random, serverNow, store, wait: (ms, hurried) => this.wait(ms, hurried) }),
    )
    this.leftovers.then(
      (leftovers) => {
        if (this.closed) leftovers.close()
        return work(leftovers)
      },
      // It did not come: what waits stays in the store, and the next lease asks for it again.
      () => (this.leftovers = null),
    )
  }

  /** `hurried`: not longer than until somebody hurries. */
  private wait(ms: number, hurried = false): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer)
        this.sleepers.delete(go)
        resolve()
      }
      const timer = setTimeout(go, ms)
      if (hurried) this.sleepers.add(go)
    })
  }
}
