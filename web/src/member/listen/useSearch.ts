/** Searching as one types: the last text wins, whatever order the answers come in. */
import { onScopeDispose, readonly, ref, shallowRef, watch, type Ref } from 'vue'
import { asProblem, type Problem } from '@/api/problem'
import { trimmed } from '@/lib/typed'
import type { Found } from './types'

/** Between two keys of somebody who goes on typing. */
export const TYPING_MS = 250
/** As much as the server takes. */
export const LONGEST_QUERY = 64

export function useSearch(text: Ref<string>, ask: (q: string, signal: AbortSignal) => Promise<Found>) {
  const found = shallowRef<Found | null>(null)
  const problem = shallowRef<Problem | null>(null)
  const busy = ref(false)
  let running = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined

  async function run(q: string): Promise<void> {
    const mine = new AbortController()
    running = mine
    try {
      const answer = await ask(q, mine.signal)
      if (mine.signal.aborted) return
      found.value = answer
      problem.value = null
    } catch (thrown) {
      if (!mine.signal.aborted) problem.value = asProblem(thrown)
    } finally {
      if (!mine.signal.aborted) busy.value = false
    }
  }

  function begin(): void {
    clearTimeout(timer)
    running.abort()
    const q = trimmed(text.value).slice(0, LONGEST_QUERY)
    problem.value = null
    if (q === '') {
      found.value = null
      busy.value = false
      return
    }
    busy.value = true
    timer = setTimeout(() => void run(q), TYPING_MS)
  }

  watch(text, begin, { immediate: true })
  onScopeDispose(() => {
    clearTimeout(timer)
    running.abort()
  })
  return { found: readonly(found) as Readonly<typeof found>, problem, busy: readonly(busy), again: begin }
}
