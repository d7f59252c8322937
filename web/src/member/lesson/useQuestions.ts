/** Asking, and one's own questions with what became of them, for a component. */
import { onScopeDispose, shallowRef, watch } from 'vue'
import { api, ask } from '@/api/client'
import type { Question, RoomState } from '@/api/types'
import { online } from '@/lib/online'
import { useResource } from '@/lib/resource'
import { session } from '@/session/session'
import { Asking, type Draft, type DraftStore } from './asking'

/** Who waits for an answer fetches it within this time after one was given, so that not all do at the same moment. */
const LOOK_WITHIN_MS = 2_000

/** A random (v4) UUID; `crypto.randomUUID` is missing on http addresses and in older browsers. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** On this device, under the person's name: a phone has more than one reader. */
export function draftsOf(lessonId: string, memberId: string): DraftStore {
  const key = `yunke.ask.${memberId}.${lessonId}`
  return {
    get: () => {
      try {
        const kept = JSON.parse(localStorage.getItem(key) ?? 'null') as Partial<Draft> | null
        return typeof kept?.id === 'string' && typeof kept.text === 'string'
          ? { id: kept.id, text: kept.text, sending: kept.sending === true }
          : null
      } catch {
        return null
      }
    },
    set: (draft) => {
      try {
        if (draft) localStorage.setItem(key, JSON.stringify(draft))
        else localStorage.removeItem(key)
      } catch {
        // storage is blocked: the text lives as long as this page
      }
    },
  }
}

export function useQuestions(lessonId: string, room: () => RoomState | null) {
  const at = { params: { path: { id: lessonId } } }
  const own = useResource<Question[]>((signal) => ask(api.GET('/api/lessons/{id}/questions', { ...at, signal })))
  const view = shallowRef<Pick<Asking, 'stage' | 'problem' | 'text'>>({ stage: 'writing', problem: null, text: '' })
  const asking = new Asking({
    send: (id, text) => ask(api.POST('/api/lessons/{id}/questions', { ...at, body: { id, text } })),
    drafts: draftsOf(lessonId, session.me.value?.id ?? ''),
    newId,
    random: Math.random,
    events: {
      changed: () => show(),
      sent: (question) => {
        own.data.value = [...(own.data.value ?? []).filter((one) => one.id !== question.id), question]
        // An answer that is under way may be from before.
        void own.reload()
      },
    },
  })
  const show = () => (view.value = { stage: asking.stage, problem: asking.problem, text: asking.text })
  show()
  asking.resume()

  const stop = watch(online, (now) => {
    if (now) asking.hurry()
  })
  let look: ReturnType<typeof setTimeout> | undefined
  watch(
    () => room()?.questions_answered,
    (now, before) => {
      if (now === undefined || now === before || !own.data.value?.some((question) => question.answered_at === null)) return
      clearTimeout(look)
      look = setTimeout(() => void own.reload(), Math.random() * LOOK_WITHIN_MS)
    },
  )
  onScopeDispose(() => {
    stop()
    clearTimeout(look)
    asking.close()
  })
  return { view, own, asking }
}
