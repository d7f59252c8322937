/** The fills of a lesson as a page shows them: what is missing, what was sent, and a file being sent from this page. */
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { Problem } from '@/api/problem'
import type { LessonFill } from '@/api/types'
import { useAction } from '@/lib/action'
import { useResource } from '@/lib/resource'
import { getFills, moveFill, planFill, withdrawFill } from './api'
import { fillType, sendFile } from './fills'

const POLL_MS = 1_000

export function useFills(lessonId: string) {
  const resource = useResource((signal) => getFills(lessonId, signal))
  const sending = useAction()
  const changing = useAction()
  /** The fill that is being sent from here, and how much of it has arrived. */
  const sent = shallowRef<{ id: string; received: number } | null>(null)
  const stop = ref<AbortController | null>(null)

  /** Something is under way over there: work, or the recording itself right after the lesson. */
  const working = computed(
    () =>
      resource.problem.value?.code === 'replay_not_ready' ||
      (resource.data.value?.fills.some((fill) => fill.status.stage === 'queued' || fill.status.stage === 'running') ?? false),
  )
  let timer: ReturnType<typeof setInterval> | undefined
  watch(working, (on) => {
    clearInterval(timer)
    if (on) timer = setInterval(() => void resource.reload(), POLL_MS)
  })
  // Who leaves with half a file sent is asked by the browser; what was sent stays.
  const leaving = (event: BeforeUnloadEvent) => {
    if (sent.value) event.preventDefault()
  }
  addEventListener('beforeunload', leaving)
  onScopeDispose(() => {
    clearInterval(timer)
    removeEventListener('beforeunload', leaving)
    stop.value?.abort()
  })

  /** Sends a file that begins at `startsAt`; one that was begun before goes on where it stopped. */
  const send = (file: File, startsAt: number) =>
    sending.run(async () => {
      const type = fillType(file)
      if (type === null) return
      const fill = await planFill(lessonId, { starts_at: startsAt, bytes: file.size, type })
      await resource.reload()
      if (fill.upload_url == null) return
      const control = new AbortController()
      stop.value = control
      sent.value = { id: fill.id, received: fill.received }
      try {
        await sendFile({
          url: fill.upload_url,
          file,
          signal: control.signal,
          progress: (received) => (sent.value = { id: fill.id, received }),
        })
      } catch (thrown) {
        // A file that is none can never be gone on with.
        if (thrown instanceof Problem && thrown.code === 'not_a_recording') await withdrawFill(lessonId, fill.id).catch(() => undefined)
        if (!control.signal.aborted) throw thrown
      } finally {
        sent.value = null
        stop.value = null
        await resource.reload()
      }
    })

  const move = (fill: LessonFill, offsetMs: number) =>
    changing.run(async () => {
      resource.data.value = await moveFill(lessonId, fill.id, offsetMs)
    })
  const withdraw = (fill: LessonFill) =>
    changing.run(async () => {
      if (sent.value?.id === fill.id) stop.value?.abort()
      resource.data.value = await withdrawFill(lessonId, fill.id)
    })
  const sentOf = (fill: LessonFill): number | null => (sent.value?.id === fill.id ? sent.value.received : null)

  return { resource, sending, changing, sent, sentOf, pause: () => stop.value?.abort(), send, move, withdraw }
}
