/**
 * What leases that are not in use any more still have to say: of this page, from memory, and of earlier pages, from the store.
 * No lease waits for another; what the server has decided about is not asked again, what it could not take is, later and later.
 */
import { asProblem, type Problem } from '@/api/problem'
import type { Beat } from '@/api/types'
import { Backoff } from './backoff'
import { isFinal } from './decided'
import { drain } from './drain'
import { itemOf, type ItemRef, type KeptLease, type Outbox, type OutboxStore } from './outbox'
import type { PostAnswer } from './room'

export interface LeftoverOptions {
  post(item: ItemRef, token: string, beats: Beat[]): Promise<PostAnswer>
  store: OutboxStore
  memberId: string
  random: () => number
  serverNow: () => number
  /** `hurried`: not longer than until the network is back. */
  wait(ms: number, hurried: boolean): Promise<void>
}

/** How often the beats of one lease are sent again from memory; then they wait in the store for the next page. */
const TRIES = 20
const FIRST_MS = 2000
const LONGEST_MS = 120_000

export class Leftovers {
  private draining = false
  private closed = false
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly again: Backoff
  /** Leases whose last beats are on their way from memory. */
  private readonly delivering = new Set<string>()

  constructor(private readonly options: LeftoverOptions) {
    this.again = new Backoff(options.random, FIRST_MS, LONGEST_MS)
  }

  /** No more of earlier pages; what is on its way from memory goes on. */
  close(): void {
    this.closed = true
    clearTimeout(this.timer)
  }

  /** What a lease that is no longer ours still has to say. */
  async deliver(outbox: Outbox): Promise<void> {
    const { lease } = outbox
    const again = new Backoff(this.options.random, FIRST_MS, LONGEST_MS)
    this.delivering.add(lease.leaseId)
    try {
      while (again.tries < TRIES) {
        try {
          // Beats that an answer says nothing of stay for `drain`, too; the batches after them do not wait.
          for (let beats = outbox.batch(); beats.length > 0; beats = outbox.batch(beats.at(-1)!.seq))
            outbox.settle(await this.late(lease, beats), beats)
          return
        } catch (thrown) {
          const problem = asProblem(thrown)
          if (problem.status === 401) return
          await this.options.wait(laterMs(problem, again), problem.offline)
        }
      }
    } finally {
      this.delivering.delete(lease.leaseId)
    }
  }

  /** Of earlier pages. Goes on trying while there is something that may still be taken. `current`: the lease in use. */
  async drain(current: string | undefined): Promise<void> {
    const { memberId, serverNow, store } = this.options
    if (this.draining || this.closed) return
    this.draining = true
    clearTimeout(this.timer)
    const except = new Set([...this.delivering, ...(current === undefined ? [] : [current])])
    try {
      await drain(store, { memberId, except, now: serverNow(), send: (lease, beats) => this.late(lease, beats) })
      this.again.reset()
    } catch (thrown) {
      const problem = asProblem(thrown)
      if (!this.closed && problem.status !== 401) this.timer = setTimeout(() => void this.drain(current), laterMs(problem, this.again))
    } finally {
      this.draining = false
    }
  }

  /** One batch of a lease that is not in use. Rejects when it may be taken later. */
  private async late(lease: KeptLease, beats: Beat[]): Promise<Pick<PostAnswer, 'acked' | 'refused'>> {
    try {
      return await this.options.post(itemOf(lease), lease.token, beats)
    } catch (thrown) {
      const problem = asProblem(thrown)
      // The server has decided about these for good: keeping them would only ask it again for ever.
      if (!isFinal(problem)) throw problem
      return { acked: [], refused: beats.map((b) => ({ seq: b.seq, code: problem.code })) }
    }
  }
}

/** As long as the server says, where it says so. */
function laterMs({ retryAfter }: Problem, again: Backoff): number {
  const own = again.next()
  return retryAfter === null ? own : retryAfter * 1000
}
