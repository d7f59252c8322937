/** A lesson's room in a staff page: the last state received, and whether the socket is open. */
import { onScopeDispose, readonly, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { online } from '@/lib/online'
import { StaffRoom, type Link } from './staffRoom'
import type { StaffRoomState } from './types'

export interface StaffRoomView {
  state: Readonly<ShallowRef<StaffRoomState | null>>
  link: Readonly<Ref<Link>>
  /** There is no such room, or it is not ours: knock no more. */
  stop: () => void
}

export function roomUrl(lessonId: string): string {
  const url = new URL(`/api/lessons/${encodeURIComponent(lessonId)}/room`, location.origin)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url.href
}

export function useStaffRoom(lessonId: string, onOpen: () => void): StaffRoomView {
  const state = shallowRef<StaffRoomState | null>(null)
  const link = ref<Link>('connecting')
  const room = new StaffRoom<StaffRoomState>({
    open: () => new WebSocket(roomUrl(lessonId)),
    onState: (next) =>
      (state.value = {
        ...next,
        publisher: next.publisher ?? null,
        refused: next.refused ?? null,
        waiting_for: next.waiting_for ?? null,
        outage_since: next.outage_since ?? null,
      }),
    onLink: (next) => {
      const back = next === 'open' && link.value === 'lost'
      link.value = next
      if (back) onOpen()
    },
    setTimer: (run, ms) => window.setTimeout(run, ms),
    clearTimer: (id) => window.clearTimeout(id),
    random: Math.random,
  })
  const shown = () => {
    if (document.visibilityState === 'visible') room.hurry()
  }
  const stop = watch(online, (now) => {
    if (now) room.hurry()
  })
  document.addEventListener('visibilitychange', shown)
  room.start()
  onScopeDispose(() => {
    stop()
    document.removeEventListener('visibilitychange', shown)
    room.stop()
  })
  return { state, link: readonly(link), stop: () => room.stop() }
}
