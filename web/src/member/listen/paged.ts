/** A list that comes a page at a time: the first with the page, the others by a button. */
import { computed, shallowRef } from 'vue'
import { useAction } from '@/lib/action'
import { useResource } from '@/lib/resource'

export interface Part<T> {
  items: T[]
  total: number
}

export function usePaged<T>(load: (offset: number, signal?: AbortSignal) => Promise<Part<T>>) {
  const later = shallowRef<T[]>([])
  const first = useResource(async (signal) => {
    const part = await load(0, signal)
    later.value = []
    return part
  })
  const items = computed(() => [...(first.data.value?.items ?? []), ...later.value])
  const more = computed(() => items.value.length < (first.data.value?.total ?? 0))
  const { busy, problem, run } = useAction()
  const next = () =>
    run(async () => {
      const part = await load(items.value.length)
      // Nothing came although more was announced: it is gone meanwhile.
      if (part.items.length === 0) await first.reload()
      later.value = [...later.value, ...part.items]
    })
  return { first, items, more, busy, problem, next }
}
