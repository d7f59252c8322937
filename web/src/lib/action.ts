/**
 * Something a person asks for with a button: whether it is on its way, and what went wrong with it. Asking again while it is
 * on its way does nothing, so that two taps are one.
 */
import { computed, readonly, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
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

/**
 * Things a person asks for one after the other, such as the fields of a table: none is dropped, each waits for the one before, and
 * one that fails stops none.
 */
export function useTurns(): Action {
  const waiting = ref(0)
  const busy = computed(() => waiting.value > 0)
  const problem = shallowRef<Problem | null>(null)
  let last: Promise<void> = Promise.resolve()

  function run(work: () => Promise<void>): Promise<void> {
    // What went wrong stays to be read until something new is asked for.
    if (waiting.value === 0) problem.value = null
    waiting.value += 1
    last = last.then(work).catch((thrown: unknown) => void (problem.value = asProblem(thrown)))
    last = last.finally(() => void (waiting.value -= 1))
    return last
  }

  return { busy, problem, run }
}
