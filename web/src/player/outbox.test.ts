import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { describe, expect, it } from 'vitest'
import { Problem } from '@/api/problem'
import type { Beat } from '@/api/types'
import type { BeatDraft } from './meter'
import { drain, KEEP_MS } from './drain'
import { BATCH, Outbox, OUTBOX_LIMIT, type KeptLease, type OutboxStore } from './outbox'
import { IndexedDbOutbox, MemoryOutbox } from './outboxStore'

const draft: BeatDraft = {
  state: 'playing',
  cause: 'tick',
  source: 'live',
  mode: 'video',
  from_ms: 0,
  to_ms: 15_000,
  rate_milli: 1000,
  visible: true,
  client_ms: 1,
  gesture: false,
}
const lease = (leaseId = 'l1', memberId = 'm1', keptAt = 0): KeptLease => ({
  leaseId,
  token: `token-${leaseId}`,
  lessonId: 'lesson',
  memberId,
  keptAt,
})

/** Every write that was started before has ended once a read started now has. */
const settled = (store: OutboxStore, leaseId = 'l1') => store.beats(leaseId)

describe.each([
  ['IndexedDB', () => new IndexedDbOutbox(new IDBFactory())],
  ['memory', () => new MemoryOutbox()],
])('the outbox in %s', (_name, open) => {
  it('numbers beats 1, 2, 3 and keeps them until they are acknowledged', async () => {
    const store = open()
    const box = new Outbox(lease(), store)
    expect([box.add(draft).seq, box.add(draft).seq, box.add(draft).seq]).toEqual([1, 2, 3])
    expect((await settled(store)).map((b) => b.seq)).toEqual([1, 2, 3])
    box.settle({ acked: [1, 3], refused: [] }, box.batch())
    expect(box.batch().map((b) => b.seq)).toEqual([2])
    expect((await settled(store)).map((b) => b.seq)).toEqual([2])
    expect(box.add(draft).seq).toBe(4)
  })

  it('drops a refused beat and remembers why', () => {
    const box = new Outbox(lease(), open())
    box.add(draft)
    box.settle({ acked: [], refused: [{ seq: 1, code: 'seq_conflict' }] }, box.batch())
    expect(box.size).toBe(0)
    expect(box.refusals).toEqual([{ seq: 1, code: 'seq_conflict' }])
  })

  it('drops the beat of a batch that was refused without its number, and no other', async () => {
    const store = open()
    const box = new Outbox(lease(), store)
    for (let i = 0; i < 3; i++) box.add(draft)
    const sent = box.batch()
    box.add(draft)
    box.settle({ acked: [1, 3], refused: [{ seq: null, code: 'malformed' }] }, sent)
    expect(box.batch().map((b) => b.seq)).toEqual([4])
    expect((await settled(store)).map((b) => b.seq)).toEqual([4])
    expect(box.refusals).toEqual([{ seq: null, code: 'malformed' }])
  })

  it('keeps what an answer says nothing of', () => {
    const box = new Outbox(lease(), open())
    box.add(draft)
    box.add(draft)
    box.settle({ acked: [2], refused: [] }, box.batch())
    expect(box.batch().map((b) => b.seq)).toEqual([1])
  })

  it('hands out at most one batch, the oldest first', () => {
    const box = new Outbox(lease(), open())
    for (let i = 0; i < BATCH + 10; i++) box.add(draft)
    expect(box.batch()).toHaveLength(BATCH)
    expect(box.batch(BATCH).map((b) => b.seq)).toEqual([65, 66, 67, 68, 69, 70, 71, 72, 73, 74])
  })

  it('delivers what an earlier page left behind, then forgets that page', async () => {
    const store = open()
    const before = new Outbox(lease('old'), store)
    for (let i = 0; i < 70; i++) before.add(draft)
    await settled(store, 'old')
    const sent: [string, Beat[]][] = []
    await drain(store, {
      memberId: 'm1',
      except: new Set(['new']),
      now: 1000,
      send: async (l, beats) => (sent.push([l.token, beats]), { acked: beats.map((b) => b.seq), refused: [] }),
    })
    expect(sent.map(([token, beats]) => [token, beats[0]!.seq, beats.length])).toEqual([
      ['token-old', 1, 64],
      ['token-old', 65, 6],
    ])
    expect(await store.leases()).toEqual([])
  })

  it('keeps it all when the server does not answer', async () => {
    const store = open()
    new Outbox(lease('old'), store).add(draft)
    await settled(store, 'old')
    await expect(
      drain(store, { memberId: 'm1', except: new Set(), now: 1000, send: () => Promise.reject(new Error('no answer')) }),
    ).rejects.toThrow()
    expect(await store.beats('old')).toHaveLength(1)
  })

  it('lets no lease wait for another that cannot be delivered now', async () => {
    const store = open()
    for (const id of ['a', 'b']) new Outbox(lease(id), store).add(draft)
    await settled(store, 'b')
    const send = async (l: KeptLease, beats: Beat[]) => {
      if (l.leaseId === 'a') throw new Problem(503, 'busy')
      return { acked: beats.map((b) => b.seq), refused: [] }
    }
    await expect(drain(store, { memberId: 'm1', except: new Set(), now: 1000, send })).rejects.toThrow('busy')
    expect((await store.leases()).map((l) => l.leaseId)).toEqual(['a'])
  })

  it('keeps of an earlier page, too, what an answer says nothing of', async () => {
    const store = open()
    const before = new Outbox(lease('old'), store)
    for (let i = 0; i < 2; i++) before.add(draft)
    await settled(store, 'old')
    await drain(store, { memberId: 'm1', except: new Set(), now: 1000, send: async () => ({ acked: [2], refused: [] }) })
    expect((await store.beats('old')).map((b) => b.seq)).toEqual([1])
  })

  it('sends nobody else’s beats, and throws away what is too old', async () => {
    const store = open()
    new Outbox(lease('theirs', 'm2', 1000), store).add(draft)
    new Outbox(lease('ancient', 'm1', 0), store).add(draft)
    await settled(store, 'ancient')
    const sent: string[] = []
    await drain(store, {
      memberId: 'm1',
      except: new Set(),
      now: KEEP_MS + 500,
      send: async (l) => (sent.push(l.leaseId), { acked: [], refused: [] }),
    })
    expect(sent).toEqual([])
    expect((await store.leases()).map((l) => l.leaseId)).toEqual(['theirs'])
  })
})

it('gives up the oldest beat when it is full', () => {
  const box = new Outbox(lease(), new MemoryOutbox())
  for (let i = 0; i <= OUTBOX_LIMIT; i++) box.add(draft)
  expect(box.size).toBe(OUTBOX_LIMIT)
  expect(box.batch()[0]!.seq).toBe(2)
})

it('goes on from memory when storage fails', () => {
  const broken = new Proxy(new MemoryOutbox(), { get: () => () => Promise.reject(new Error('quota')) })
  const box = new Outbox(lease(), broken)
  box.add(draft)
  expect(box.batch()).toHaveLength(1)
})
