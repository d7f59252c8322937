/** The outbox in IndexedDB, so that a reload, a crash or a flat battery loses no beat that was made. */
import type { Beat } from '@/api/types'
import { done, finished, openDatabase } from '@/lib/idb'
import type { KeptLease, OutboxStore } from './outbox'

const NAME = 'yunke-outbox'
const VERSION = 1
const LEASES = 'leases'
const BEATS = 'beats'

interface BeatRow {
  leaseId: string
  seq: number
  beat: Beat
}

const ofLease = (leaseId: string) => IDBKeyRange.bound([leaseId, 0], [leaseId, Number.MAX_SAFE_INTEGER])

export class IndexedDbOutbox implements OutboxStore {
  private database: Promise<IDBDatabase> | null = null

  constructor(private readonly factory: IDBFactory) {}

  async putLease(lease: KeptLease): Promise<void> {
    await this.write([LEASES], (tx) => tx.objectStore(LEASES).put(lease))
  }

  async leases(): Promise<KeptLease[]> {
    const db = await this.open()
    return done(db.transaction(LEASES).objectStore(LEASES).getAll() as IDBRequest<KeptLease[]>)
  }

  async putBeat(leaseId: string, beat: Beat): Promise<void> {
    const row: BeatRow = { leaseId, seq: beat.seq, beat }
    await this.write([BEATS], (tx) => tx.objectStore(BEATS).put(row))
  }

  async beats(leaseId: string): Promise<Beat[]> {
    const db = await this.open()
    const rows = await done(db.transaction(BEATS).objectStore(BEATS).getAll(ofLease(leaseId)) as IDBRequest<BeatRow[]>)
    return rows.map((row) => row.beat)
  }

  async removeBeats(leaseId: string, seqs: number[]): Promise<void> {
    if (seqs.length === 0) return
    await this.write([BEATS], (tx) => seqs.forEach((seq) => tx.objectStore(BEATS).delete([leaseId, seq])))
  }

  async removeLease(leaseId: string): Promise<void> {
    await this.write([LEASES, BEATS], (tx) => {
      tx.objectStore(LEASES).delete(leaseId)
      tx.objectStore(BEATS).delete(ofLease(leaseId))
    })
  }

  private async write(stores: string[], work: (tx: IDBTransaction) => unknown): Promise<void> {
    const db = await this.open()
    const tx = db.transaction(stores, 'readwrite')
    work(tx)
    await finished(tx)
  }

  private open(): Promise<IDBDatabase> {
    const again = () => (this.database = null)
    this.database ??= openDatabase(this.factory, NAME, VERSION, again, (db) => {
      db.createObjectStore(LEASES, { keyPath: 'leaseId' })
      db.createObjectStore(BEATS, { keyPath: ['leaseId', 'seq'] })
    })
    return this.database
  }
}

/** Where IndexedDB is forbidden (some in-app browsers, private windows): this page's memory, and nothing after it. */
export class MemoryOutbox implements OutboxStore {
  private readonly kept = new Map<string, KeptLease>()
  private readonly rows = new Map<string, Map<number, Beat>>()

  async putLease(lease: KeptLease): Promise<void> {
    this.kept.set(lease.leaseId, lease)
  }
  async leases(): Promise<KeptLease[]> {
    return [...this.kept.values()]
  }
  async putBeat(leaseId: string, beat: Beat): Promise<void> {
    const rows = this.rows.get(leaseId) ?? new Map<number, Beat>()
    this.rows.set(leaseId, rows.set(beat.seq, beat))
  }
  async beats(leaseId: string): Promise<Beat[]> {
    return [...(this.rows.get(leaseId)?.values() ?? [])]
  }
  async removeBeats(leaseId: string, seqs: number[]): Promise<void> {
    seqs.forEach((seq) => this.rows.get(leaseId)?.delete(seq))
  }
  async removeLease(leaseId: string): Promise<void> {
    this.kept.delete(leaseId)
    this.rows.delete(leaseId)
  }
}

export function openOutboxStore(): OutboxStore {
  try {
    return typeof indexedDB === 'undefined' || !indexedDB ? new MemoryOutbox() : new IndexedDbOutbox(indexedDB)
  } catch {
    return new MemoryOutbox()
  }
}
