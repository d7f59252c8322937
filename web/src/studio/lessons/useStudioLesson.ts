/**
 * The lecturer's lesson as the page shows it: asked once by HTTP, then kept fresh by the room's socket,
 * and asked again every 15 s, so that a page left open for a day is right whatever happened meanwhile.
 */
import { computed, ref, shallowRef, watch, type ComputedRef } from 'vue'
import { asProblem, type Problem } from '@/api/problem'
import { useNow } from '@/api/now'
import { useResource } from '@/lib/resource'
import { useStaffRoom } from '@/staff/room/useStaffRoom'
import { useDiscussion } from '@/staff/discussion/useDiscussion'
import type { Counts } from '@/staff/room/types'
import { endLesson, getStudioLesson, startLesson, type StudioLesson } from './api'
import { stageView, type StageView } from './stage'

const REFRESH_MS = 15_000

export function useStudioLesson(id: string) {
  const resource = useResource((signal) => getStudioLesson(id, signal), { everyMs: REFRESH_MS })
  const room = useStaffRoom(id, () => void resource.reload())
  const discussion = useDiscussion(id, () => room.state.value?.talk_revision ?? null)
  const now = useNow()
  watch(resource.problem, (p) => {
    if (p?.missing || p?.forbidden) room.stop()
  })

  /** The last one received wins: both come from the same server. */
  const latest = shallowRef<
    | (Pick<StudioLesson, 'publisher' | 'refused' | 'waiting_for' | 'outage_since' | 'viewers_now' | 'people' | 'peak'> &
        Pick<StudioLesson['lesson'], 'phase' | 'zero_at' | 'edge_ms' | 'gaps' | 'replay_ready'>)
    | null
  >(null)
  watch(resource.data, (data) => {
    if (data)
      latest.value = {
        ...data,
        phase: data.lesson.phase,
        zero_at: data.lesson.zero_at,
        edge_ms: data.lesson.edge_ms,
        gaps: data.lesson.gaps,
        replay_ready: data.lesson.replay_ready,
      }
  })
  watch(room.state, (state, before) => {
    if (!state) return
    latest.value = { ...state }
    // What only the HTTP answer has (started_at, length, the replay) changed with the phase.
    if (before && before.phase !== state.phase) void resource.reload()
  })

  const stage: ComputedRef<StageView | null> = computed(() => {
    const lesson = resource.data.value?.lesson
    const state = latest.value
    if (!lesson || !state) return null
    return stageView({
      ...state,
      started_at: lesson.started_at,
      planned_start_at: lesson.planned_start_at,
      planned_end_at: lesson.planned_end_at,
      connected: room.link.value === 'open',
      mediaUp: resource.data.value?.media_up ?? true,
      now: now.value,
    })
  })
  const counts = computed<Counts | null>(() => latest.value)

  const busy = ref(false)
  const failed = shallowRef<{ what: 'start' | 'end'; problem: Problem } | null>(null)
  async function act(what: 'start' | 'end'): Promise<boolean> {
    busy.value = true
    failed.value = null
    try {
      await (what === 'start' ? startLesson(id) : endLesson(id))
      await resource.reload()
      return true
    } catch (thrown) {
      failed.value = { what, problem: asProblem(thrown) }
      return false
    } finally {
      busy.value = false
    }
  }
  return { resource, link: room.link, latest, discussion, stage, counts, busy, failed, act }
}

export type StudioLessonView = ReturnType<typeof useStudioLesson>
