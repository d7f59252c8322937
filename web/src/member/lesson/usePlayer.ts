/** The player of this page as something a component can show. */
import { onBeforeUnmount, readonly, shallowRef, type ShallowRef } from 'vue'
import type { Lesson } from '@/api/types'
import { serverNow } from '@/api/now'
import { evidenceApi } from '@/player/api'
import { mediaSession, wakeLock } from '@/player/comfort'
import type { Quality } from '@/player/engine'
import { openOutboxStore } from '@/player/outboxStore'
import { deviceOf, loadEngine, loadWhep, thisPlatform } from '@/player/platform'
import { Player } from '@/player/player'
import { firstState, type PlayerState } from '@/player/state'
import { session } from '@/session/session'

export interface PlayerHandle {
  state: Readonly<ShallowRef<PlayerState>>
  player: ShallowRef<Player | null>
  start(video: HTMLVideoElement, lesson: Lesson): void
}

function bookmark(lessonId: string) {
  const key = `yunke.at.${lessonId}`
  return {
    get: () => {
      try {
        const kept = Number(localStorage.getItem(key) ?? Number.NaN)
        return Number.isFinite(kept) ? kept : null
      } catch {
        return null
      }
    },
    set: (ms: number | null) => {
      try {
        if (ms === null) localStorage.removeItem(key)
        else localStorage.setItem(key, String(ms))
      } catch {
        // storage is blocked: it begins at the start next time
      }
    },
  }
}

const QUALITY = 'yunke.quality'

const taste = {
  get: (): Quality => {
    try {
      const kept = localStorage.getItem(QUALITY)
      return kept === 'high' || kept === 'low' ? kept : 'auto'
    } catch {
      return 'auto'
    }
  },
  set: (quality: Quality) => {
    try {
      localStorage.setItem(QUALITY, quality)
    } catch {
      // storage is blocked: it is chosen again next time
    }
  },
}

export function usePlayer(): PlayerHandle {
  const state = shallowRef<PlayerState>(firstState)
  const player = shallowRef<Player | null>(null)
  let clean: (() => void)[] = []

  function start(video: HTMLVideoElement, lesson: Lesson): void {
    stop()
    if (lesson.phase === 'cancelled') {
      state.value = { ...firstState, stage: 'cancelled' }
      return
    }
    const next = new Player({
      lessonId: lesson.id,
      memberId: session.me.value?.id ?? '',
      video,
      device: deviceOf(thisPlatform(video)),
      api: evidenceApi,
      store: openOutboxStore(),
      loadEngine,
      loadWhep,
      random: Math.random,
      now: () => performance.now(),
      serverNow,
      bookmark: bookmark(lesson.id),
      taste,
    })
    player.value = next
    clean = [
      next.subscribe((now) => (state.value = now)),
      mediaSession(next, { title: lesson.title, artist: lesson.lecturer_name, album: lesson.unit_name }),
      wakeLock(next),
    ]
    void next.open()
  }

  function stop(): void {
    clean.forEach((run) => run())
    clean = []
    player.value?.destroy()
    player.value = null
  }

  onBeforeUnmount(stop)
  return { state: readonly(state) as Readonly<ShallowRef<PlayerState>>, player, start }
}
