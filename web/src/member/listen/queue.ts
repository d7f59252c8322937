/**
 * 播放队列: what plays after this, before the series goes on. The server keeps it, so that other devices and tabs have it, too; a
 * change is made to what it has now, shown, and taken back when the server does not want it.
 */
import { readonly, shallowRef } from 'vue'
import { Problem } from '@/api/problem'
import { getQueue, putQueue } from './api'
import type { EpisodeCard } from './types'

/** As many as the server keeps. */
export const QUEUE_LIMIT = 100

export interface QueueApi {
  get(signal?: AbortSignal): Promise<{ episodes: EpisodeCard[] }>
  put(ids: string[]): Promise<{ episodes: EpisodeCard[] }>
}

export function queueOf(api: QueueApi, told: () => void = () => undefined) {
  const episodes = shallowRef<EpisodeCard[]>([])
  /** Begun, and perhaps still in the server's queue. */
  const begun = new Set<string>()
  let turn: Promise<unknown> = Promise.resolve()

  async function load(signal?: AbortSignal): Promise<EpisodeCard[]> {
    const { episodes: all } = await api.get(signal)
    episodes.value = all.filter(({ id }) => !begun.has(id))
    return episodes.value
  }

  /** One after the other, each from what the server has now: another page or device may have changed it. Rejects with the problem; what is shown is as before then. */
  function change(make: (now: EpisodeCard[]) => EpisodeCard[]): Promise<void> {
    const mine = turn.then(() => apply(make))
    turn = mine.catch(() => undefined)
    return mine
  }

  async function apply(make: (now: EpisodeCard[]) => EpisodeCard[]): Promise<void> {
    const before = await load()
    const next = make(before)
    if (next.length > QUEUE_LIMIT) throw new Problem(422, 'queue_too_long')
    const gone = [...begun]
    episodes.value = next
    try {
      await api.put(next.map(({ id }) => id))
    } catch (thrown) {
      if (episodes.value === next) episodes.value = before
      throw thrown
    }
    for (const id of gone) begun.delete(id)
    told()
  }

  const without = (list: EpisodeCard[], id: string) => list.filter((one) => one.id !== id)
  return {
    episodes: readonly(episodes) as Readonly<typeof episodes>,
    load,
    has: (id: string) => episodes.value.some((one) => one.id === id),
    add(episode: EpisodeCard): Promise<void> {
      begun.delete(episode.id)
      return change((now) => [...without(now, episode.id), episode])
    },
    remove: (id: string) => change((now) => without(now, id)),
    /** One place up or down. */
    move: (id: string, by: 1 | -1) => change((now) => moved(now, id, by)),
    /** What follows `id`: the first one queued that is not it. */
    after: (id: string): string | null => without(episodes.value, id)[0]?.id ?? null,
    /** It begins: it need not wait any more, whether the server can be told now or not. */
    begins(id: string): void {
      if (!episodes.value.some((one) => one.id === id)) return
      begun.add(id)
      episodes.value = without(episodes.value, id)
      change((now) => now).catch(() => undefined)
    },
    forget(): void {
      episodes.value = []
      begun.clear()
    },
  }
}

function moved(list: EpisodeCard[], id: string, by: 1 | -1): EpisodeCard[] {
  const from = list.findIndex((one) => one.id === id)
  const to = from + by
  if (from < 0 || to < 0 || to >= list.length) return list
  const next = [...list]
  next.splice(to, 0, ...next.splice(from, 1))
  return next
}

/** Other tabs of this browser hear by it that the queue has changed. */
const CHANGED = 'yunke.queue'

function tell(): void {
  try {
    localStorage.setItem(CHANGED, String(Date.now()))
  } catch {
    // storage is blocked: they ask when they are looked at
  }
}

export const queue = queueOf({ get: getQueue, put: putQueue }, tell)

/** Keeps it fresh: when another tab changed it, and when this one is looked at again. */
export function followQueue(signal: AbortSignal): void {
  const load = () => void queue.load().catch(() => undefined)
  addEventListener('storage', ({ key }) => key === CHANGED && load(), { signal })
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && load(), { signal })
}
