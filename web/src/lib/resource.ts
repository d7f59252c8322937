/**
 * Something a page loads: its data, what went wrong, and loading it again (`whenShown`: whenever somebody looks at it again). Data that was there once stays on the page
 * when a later refresh fails, with the problem beside it.
 */
import { onScopeDispose, readonly, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { asProblem, type Problem } from '@/api/problem'
import { online } from './online'

export interface Resource<T> {
  data: ShallowRef<T | null>
  problem: Readonly<ShallowRef<Problem | null>>
  loading: Readonly<Ref<boolean>>
  reload: () => Promise<void>
}

export function useResource<T>(
  load: (signal: AbortSignal) => Promise<T>,
  options: { everyMs?: number; whenShown?: boolean } = {},
): Resource<T> {
  const data = shallowRef<T | null>(null)
  const problem = shallowRef<Problem | null>(null)
  const loading = ref(false)
  let running = new AbortController()

  async function reload(): Promise<void> {
    running.abort()
    const mine = new AbortController()
    running = mine
    loading.value = true
    try {
      const answer = await load(mine.signal)
      if (mine.signal.aborted) return
      data.value = answer
      problem.value = null
    } catch (thrown) {
      if (!mine.signal.aborted) problem.value = asProblem(thrown)
    } finally {
      if (!mine.signal.aborted) loading.value = false
    }
  }

  void reload()
  // The network came back: what failed for want of it is tried again without a tap.
  const stop = watch(online, (now) => {
    if (now && problem.value?.offline) void reload()
  })
  const refresh = () => {
    if (document.visibilityState === 'visible' && !loading.value) void reload()
  }
  // Another tab or device may have gone on meanwhile.
  if (options.whenShown) document.addEventListener('visibilitychange', refresh)
  const timer = options.everyMs ? setInterval(refresh, options.everyMs) : undefined
  onScopeDispose(() => {
    stop()
    running.abort()
    document.removeEventListener('visibilitychange', refresh)
    clearInterval(timer)
  })
  return { data, problem: readonly(problem) as Readonly<ShallowRef<Problem | null>>, loading: readonly(loading), reload }
}
