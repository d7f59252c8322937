/** What closed pages of this device could not deliver, though nothing is played now. Returns what ends it. */
import { serverNow } from '@/api/now'
import { postBeats } from './beatsApi'
import { Leftovers } from './leftovers'
import { openOutboxStore } from './outboxStore'

export function deliverKept(memberId: string): () => void {
  const leftovers = new Leftovers({
    post: postBeats,
    store: openOutboxStore(),
    memberId,
    random: Math.random,
    serverNow,
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  })
  void leftovers.drain(undefined)
  return () => leftovers.close()
}
