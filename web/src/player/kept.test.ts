import 'fake-indexeddb/auto'
import { afterEach, expect, it, vi } from 'vitest'
import type { Beat } from '@/api/types'
import { deliverKept } from './kept'
import { openOutboxStore } from './outboxStore'

afterEach(() => vi.restoreAllMocks())

it('delivers what a closed page left, each to its own item, and keeps another member’s', async () => {
  const store = openOutboxStore()
  const beat: Beat = {
    seq: 1,
    state: 'playing',
    cause: 'tick',
    source: 'replay',
    mode: 'audio',
    from_ms: 0,
    to_ms: 9,
    rate_milli: 1000,
    visible: true,
    client_ms: 0,
    gesture: false,
  }
  const keptAt = Date.now()
  for (const [leaseId, memberId, kind] of [
    ['e', 'm', 'episode'],
    ['l', 'm', 'lesson'],
    ['x', 'other', 'episode'],
  ] as const) {
    await store.putLease({ leaseId, token: `token-${leaseId}`, lessonId: `id-${leaseId}`, kind, memberId, keptAt })
    await store.putBeat(leaseId, beat)
  }
  const asked: string[] = []
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (request) => {
    asked.push(new URL((request as Request).url).pathname)
    return new Response(JSON.stringify({ acked: [1], refused: [], progress: null }), { headers: { 'Content-Type': 'application/json' } })
  })
  const end = deliverKept('m')
  await vi.waitFor(async () => expect((await store.leases()).map(({ leaseId }) => leaseId)).toEqual(['x']))
  expect(asked.sort()).toEqual(['/api/lessons/id-l/beats', '/api/library/episodes/id-e/beats'])
  end()
})
