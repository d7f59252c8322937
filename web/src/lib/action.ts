/**
 * Something a person asks for with a button: whether it is on its way, and what went wrong with it. Asking again while it is
 * on its way does nothing, so that two taps are one.
 */
import { readonly, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { asProblem, type Problem } from '@/api/problem'

export interface Action {
  busy: Readonly<Ref<boolean>>
  problem: ShallowRef<Problem | null>
  run: (work: () => Promise<void>) => Promise<void>
}

export function useAction(): Action {
  const busy = ref(false)
  const problem = shallowRef<Problem | null>(null)

  async function run(work: () => Promise<void>): Promise<void> {
    if (busy.value) return
    busy.value = true
    problem.value = null
    try {
      await work()
    } catch (thrown) {
      problem.value = asProblem(thrown)
    } finally {
      busy.value = false
    }
  }

  return { busy: readonly(busy), problem, run }
}
