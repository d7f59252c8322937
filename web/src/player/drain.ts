/** What earlier pages of this device could not deliver: out of the store, to the server. */
import { asProblem } from '@/api/problem'
import type { Beat, BeatsAnswer } from '@/api/types'
import { BATCH, settled, type KeptLease, type OutboxStore } from './outbox'

/** Evidence older than this would be refused anyway. */
export const KEEP_MS = 72 * 3600_000

export interface DrainOptions {
  memberId: string
  /** Leases that others send for. */
  except: ReadonlySet<string>
  now: number
  /** Rejects when there is no answer, or none that is final: those beats stay for next time. */
  send: (lease: KeptLease, beats: Beat[]) => Promise<Pick<BeatsAnswer, 'acked' | 'refused'>>
}

/** Delivers what earlier pages of this device could not. No lease waits for another; what went wrong last is thrown at the end. */
export async function drain(store: OutboxStore, options: DrainOptions): Promise<void> {
  let trouble: unknown = null
  for (const lease of await store.leases()) {
    if (options.except.has(lease.leaseId)) continue
    if (options.now - lease.keptAt > KEEP_MS) {
      await store.removeLease(lease.leaseId)
      continue
    }
    // Another member's beats wait until that member is signed in again.
    if (lease.memberId !== options.memberId) continue
    try {
      await hand(store, lease, options.send)
    } catch (thrown) {
      trouble = thrown
      // Nobody is signed in: the others would hear the same.
      if (asProblem(thrown).status === 401) break
    }
  }
  if (trouble !== null) throw trouble
}

async function hand(store: OutboxStore, lease: KeptLease, send: DrainOptions['send']): Promise<void> {
  const beats = (await store.beats(lease.leaseId)).sort((a, b) => a.seq - b.seq)
  for (let i = 0; i < beats.length; i += BATCH) {
    const part = beats.slice(i, i + BATCH)
    await store.removeBeats(lease.leaseId, settled(await send(lease, part), part))
  }
  if ((await store.beats(lease.leaseId)).length === 0) await store.removeLease(lease.leaseId)
}
