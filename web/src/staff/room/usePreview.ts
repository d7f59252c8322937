/** The preview of a lesson in a `<video>`: plays while something arrives, starts afresh when the lesson begins. */
import { onScopeDispose, ref, watch, type Ref } from 'vue'
import { loadEngine } from '@/player/platform'
import { openPreview } from './api'
import { PreviewPlayer, type PreviewState } from './previewPlayer'

/** A picture that stands still for this long although media arrives is loaded afresh. */
const FROZEN_MS = 10_000
const LOOK_MS = 2_000

export function usePreview(video: Ref<HTMLVideoElement | null>, lessonId: string, wanted: () => boolean, stream: () => unknown) {
  const state = ref<PreviewState>('idle')
  const player = new PreviewPlayer({
    lease: () => openPreview(lessonId),
    engine: async (events) => {
      const element = video.value
      if (!element) return null
      const make = await loadEngine(element)
      return make ? make(element, events) : null
    },
    onState: (next) => {
      state.value = next
      // Muted playing needs no tap; where the browser refuses all the same, the picture stands and nothing is lost.
      if (next === 'playing') video.value?.play().catch(() => undefined)
    },
    now: Date.now,
    setTimer: (run, ms) => window.setTimeout(run, ms),
    clearTimer: (id) => window.clearTimeout(id),
    random: Math.random,
  })

  watch([video, wanted], ([element, want]) => (element && want ? player.start() : player.stop()), { immediate: true, flush: 'post' })
  watch(stream, () => player.restart())

  let position = -1
  let movedAt = performance.now()
  const look = window.setInterval(() => {
    const at = video.value?.currentTime ?? 0
    if (at !== position || state.value !== 'playing' || document.visibilityState !== 'visible') {
      position = at
      movedAt = performance.now()
    } else if (performance.now() - movedAt > FROZEN_MS) {
      movedAt = performance.now()
      player.restart()
    }
  }, LOOK_MS)
  onScopeDispose(() => {
    clearInterval(look)
    player.stop()
  })
  return { state }
}
