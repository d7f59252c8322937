/** A preview of a rule: begun, looked at until it is over, and forgotten when nobody looks any more. */
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { asProblem, type Problem } from '@/api/problem'
import { beginPreview, forgetPreview, getPreview, type Preview, type PreviewRequest } from './api'

const LOOK_MS = 1000

export const isOver = (preview: Preview): boolean => preview.state !== 'waiting' && preview.state !== 'running'

export function usePreview() {
  const preview = shallowRef<Preview | null>(null)
  const problem = shallowRef<Problem | null>(null)
  const starting = ref(false)
  let timer = 0
  /** Which one is looked at: what comes of an earlier one is nothing any more. */
  let turn = 0

  async function look(id: string, mine: number): Promise<void> {
    try {
      const now = await getPreview(id)
      if (mine !== turn) return
      preview.value = now
      problem.value = null
      if (isOver(now)) return
    } catch (thrown) {
      if (mine !== turn) return
      problem.value = asProblem(thrown)
      // Without a network it goes on there, and is looked at again.
      if (!problem.value.offline) return
    }
    timer = window.setTimeout(() => void look(id, mine), LOOK_MS)
  }

  /** Cancels what is under way; what was found is gone. */
  function stop(): void {
    turn += 1
    clearTimeout(timer)
    const id = preview.value?.id
    preview.value = null
    if (id) void forgetPreview(id).catch(() => {})
  }

  async function begin(body: PreviewRequest): Promise<void> {
    if (starting.value) return
    turn += 1
    clearTimeout(timer)
    const mine = turn
    starting.value = true
    problem.value = null
    try {
      // The one before is cancelled by the server.
      const begun = await beginPreview(body)
      if (mine !== turn) {
        void forgetPreview(begun.id).catch(() => {})
        return
      }
      preview.value = begun
      timer = window.setTimeout(() => void look(begun.id, mine), LOOK_MS / 4)
    } catch (thrown) {
      if (mine === turn) problem.value = asProblem(thrown)
    } finally {
      starting.value = false
    }
  }

  onScopeDispose(stop)
  const working = computed(() => starting.value || (preview.value !== null && !isOver(preview.value)))
  return { preview, problem, working, begin, stop }
}
