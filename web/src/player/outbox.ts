/**
 * Beats on their way: numbered when they are made, kept until the server says that they are durable.
 *
 * Every page that opens a lesson has a lease of its own, so no two pages ever number the same lease. What a page could not
 * deliver stays in IndexedDB with its lease's token, and the next page of this device delivers it (`drain`). Sending a beat
 * twice does no harm: the server knows (lease, seq).
 */
import type { Beat, BeatsAnswer } from '@/api/types'
import type { BeatDraft } from './meter'

/** The most the server takes at once. */
export const BATCH = 64
/** One lease's unsent beats: 12 hours of ticks. When full, the oldest are given up. */
export const OUTBOX_LIMIT = 4096

/** What leases and beats refer to. */
export interface ItemRef {
  kind: 'lesson' | 'episode'
  id: string
}

export interface KeptLease {
  leaseId: string
  token: string
  /** Of the item; the name is older than episodes, and stands in the databases of phones. */
  lessonId: string
  /** Missing in what was kept before there were episodes. */
  kind?: ItemRef['kind']
  memberId: string
  /** This device's wall clock, only for throwing away what is too old. */
  keptAt: number
}

export const itemOf = ({ kind, lessonId }: KeptLease): ItemRef => ({ kind: kind ?? 'lesson', id: lessonId })

export interface OutboxStore {
  putLease(lease: KeptLease): Promise<void>
  leases(): Promise<KeptLease[]>
  putBeat(leaseId: string, beat: Beat): Promise<void>
  beats(leaseId: string): Promise<Beat[]>
  removeBeats(leaseId: string, seqs: number[]): Promise<void>
  removeLease(leaseId: string): Promise<void>
}

export type Refusal = BeatsAnswer['refused'][number]

export class Outbox {
  private readonly waiting = new Map<number, Beat>()
  private nextSeq = 1
  /** Beats the server would not take, with its reason; for the pages and the tests. */
  readonly refusals: Refusal[] = []

  constructor(
    readonly lease: KeptLease,
    private readonly store: OutboxStore,
  ) {}

  add(draft: BeatDraft): Beat {
    const beat: Beat = { seq: this.nextSeq++, ...draft }
    // Written again whenever the box was empty: another page may have tidied it away meanwhile.
    if (this.waiting.size === 0) void this.store.putLease(this.lease).catch(() => undefined)
    this.waiting.set(beat.seq, beat)
    if (this.waiting.size > OUTBOX_LIMIT) {
      const oldest = this.waiting.keys().next().value
      if (oldest !== undefined) this.forget([oldest])
    }
    // Storage that is full or forbidden must not stop the lesson: the beat still goes out from memory.
    void this.store.putBeat(this.lease.leaseId, beat).catch(() => undefined)
    return beat
  }

  /** The oldest beats that are still waiting, at most one batch. */
  batch(after = 0): Beat[] {
    const beats: Beat[] = []
    for (const beat of this.waiting.values()) {
      if (beat.seq <= after) continue
      beats.push(beat)
      if (beats.length === BATCH) break
    }
    return beats
  }

  /**
   * What the server decided about the beats `sent`. One it could not read it refuses without a number: that is a beat of
   * this batch which the answer does not name, and it would never be taken.
   */
  settle(answer: Pick<BeatsAnswer, 'acked' | 'refused'>, sent: readonly Beat[]): void {
    this.refusals.push(...answer.refused.map(({ seq, code }) => ({ seq: seq ?? null, code })))
    if (this.refusals.length > BATCH) this.refusals.splice(0, this.refusals.length - BATCH)
    this.forget(settled(answer, sent))
  }

  get size(): number {
    return this.waiting.size
  }

  private forget(seqs: number[]): void {
    for (const seq of seqs) this.waiting.delete(seq)
    void this.store.removeBeats(this.lease.leaseId, seqs).catch(() => undefined)
  }
}

/** The numbers of those beats that need not be sent again. */
export function settled({ acked, refused }: Pick<BeatsAnswer, 'acked' | 'refused'>, sent: readonly Beat[]): number[] {
  const named = [...acked, ...refused.flatMap((r) => r.seq ?? [])]
  const unread = refused.some((r) => (r.seq ?? null) === null)
  return unread ? [...named, ...sent.map((b) => b.seq)] : named
}
