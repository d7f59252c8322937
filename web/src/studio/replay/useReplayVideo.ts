/** The whole replay in a `<video>` for staff, by a preview lease: no beats, positions of the lesson's timeline. */
import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { asProblem, Problem } from '@/api/problem'
import type { Engine } from '@/player/engine'
import { loadEngine } from '@/player/platform'
import { openPreview } from '@/staff/room/api'

const LOOK_MS = 250

export function useReplayVideo(video: Ref<HTMLVideoElement | null>, lessonId: string, zeroAt: () => number | null) {
  const positionMs = ref(0)
  const problem = shallowRef<Problem | null>(null)
  const ready = ref(false)
  let engine: Engine | null = null
  /** Grows with every opening, so that the answer to an older one is dropped. */
  let turn = 0

  async function open(element: HTMLVideoElement): Promise<void> {
    const mine = ++turn
    close()
    problem.value = null
    try {
      const [{ replay_url: url }, make] = await Promise.all([openPreview(lessonId), loadEngine(element)])
      if (mine !== turn) return
      if (!url) throw new Problem(409, 'replay_not_ready')
      if (!make) throw new Problem(0, 'unsupported')
      engine = make(element, {
        ready: () => (ready.value = true),
        failed: (kind) => {
          if (mine !== turn) return
          close()
          problem.value = new Problem(0, kind === 'unsupported' ? 'unsupported' : 'unreachable')
        },
      })
      engine.load(url, { date: zeroAt(), guessMs: 0 })
    } catch (thrown) {
      if (mine === turn) problem.value = asProblem(thrown)
    }
  }

  function close(): void {
    engine?.destroy()
    engine = null
    ready.value = false
  }

  function seekTo(ms: number): void {
    const zero = zeroAt()
    if (zero === null || !engine?.seekToDate(zero + ms)) return
    positionMs.value = ms
  }

  const look = setInterval(() => {
    const [zero, date] = [zeroAt(), engine?.date() ?? null]
    if (zero !== null && date !== null && !video.value?.seeking) positionMs.value = Math.max(0, Math.round(date - zero))
  }, LOOK_MS)
  watch(video, (element) => (element ? void open(element) : close()), { immediate: true, flush: 'post' })
  onScopeDispose(() => {
    turn++
    clearInterval(look)
    close()
  })
  return { positionMs, problem, ready, seekTo, retry: () => video.value && void open(video.value) }
}
