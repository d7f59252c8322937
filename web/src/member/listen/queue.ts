/**
 * 播放队列: what plays after this, before the series goes on. The server keeps it, so that another device has it, too; this page
 * shows a change at once and takes it back when the server does not want it.
 */
import { readonly, shallowRef } from 'vue'
import { getQueue, putQueue } from './api'
import type { EpisodeCard } from './types'

/** As many as the server keeps. */
export const QUEUE_LIMIT = 100

export interface QueueApi {
  get(signal?: AbortSignal): Promise<{ episodes: EpisodeCard[] }>
  put(ids: string[]): Promise<{ episodes: EpisodeCard[] }>
}

export function queueOf(api: QueueApi) {
  const episodes = shallowRef<EpisodeCard[]>([])
  const known = shallowRef(false)

  async function load(signal?: AbortSignal): Promise<EpisodeCard[]> {
    episodes.value = (await api.get(signal)).episodes
    known.value = true
    return episodes.value
  }

  /** Rejects with the problem; what is shown is as before then. */
  async function change(make: (now: EpisodeCard[]) => EpisodeCard[]): Promise<void> {
    if (!known.value) await load()
    const before = episodes.value
    const next = make(before).slice(0, QUEUE_LIMIT)
    episodes.value = next
    try {
      await api.put(next.map(({ id }) => id))
    } catch (thrown) {
      if (episodes.value === next) episodes.value = before
      throw thrown
    }
  }

  const without = (list: EpisodeCard[], id: string) => list.filter((one) => one.id !== id)
  return {
    episodes: readonly(episodes) as Readonly<typeof episodes>,
    load,
    has: (id: string) => episodes.value.some((one) => one.id === id),
    add: (episode: EpisodeCard) => change((now) => [...without(now, episode.id), episode]),
    remove: (id: string) => change((now) => without(now, id)),
    /** One place up or down. */
    move: (id: string, by: 1 | -1) => change((now) => moved(now, id, by)),
    /** What follows `id`: the first one queued that is not it. */
    after: (id: string): string | null => without(episodes.value, id)[0]?.id ?? null,
    /** It begins: it need not wait any more. */
    begins(id: string): void {
      if (episodes.value.some((one) => one.id === id)) change((now) => without(now, id)).catch(() => undefined)
    },
    forget(): void {
      episodes.value = []
      known.value = false
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

export const queue = queueOf({ get: getQueue, put: putQueue })
