/** A list of numbered pages: the first with the page, the others by a button. */
import { computed, ref, shallowRef } from 'vue'
import { useAction } from '@/lib/action'
import { useResource } from '@/lib/resource'

export interface Numbered<T> {
  items: T[]
  more: boolean
}

export function usePages<T>(load: (page: number, signal?: AbortSignal) => Promise<Numbered<T>>) {
  const later = shallowRef<T[]>([])
  const page = ref(1)
  const more = ref(false)
  const first = useResource(async (signal) => {
    const answer = await load(1, signal)
    later.value = []
    page.value = 1
    more.value = answer.more
    return answer
  })
  const items = computed(() => [...(first.data.value?.items ?? []), ...later.value])
  const { busy, problem, run } = useAction()
  const next = () =>
    run(async () => {
      const answer = await load(page.value + 1)
      later.value = [...later.value, ...answer.items]
      page.value += 1
      more.value = answer.more
    })
  return { first, items, more, busy, problem, next }
}
