/**
 * Captions of the replay as a `<track>`. Their times are the lesson's, and a media element counts from the start of what it
 * plays: they are moved by the difference whenever it changes (another stretch, sound alone, a new source).
 */
import { computed, onScopeDispose, ref, watch, type Ref, type ShallowRef } from 'vue'
import type { Captions } from '@/api/types'
import { locale } from '@/i18n'
import type { PlayerState } from '@/player/state'

const STORED = 'yunke.captions'
/** Less than this is the jitter of looking at two clocks. */
const SLACK_MS = 150

export interface CaptionsHandle {
  on: Readonly<Ref<boolean>>
  /** What can be shown. */
  available: Readonly<Ref<readonly Captions[]>>
  chosen: Readonly<Ref<Captions | null>>
  choose(language: Captions['language'] | null): void
}

function remembered(): string | null {
  try {
    return localStorage.getItem(STORED)
  } catch {
    return null
  }
}

/** What somebody chose last; without it the page's language, and off. */
export function chooseCaptions(available: readonly Captions[], wanted: string | null, language: string): Captions | null {
  if (wanted === null || wanted === 'off') return null
  return (
    available.find((one) => one.language === wanted) ?? available.find((one) => language.startsWith(one.language)) ?? available[0] ?? null
  )
}

/** Moves cues by so much; false: they are not loaded yet. */
export function shiftCues(track: TextTrack, ms: number): boolean {
  const cues = track.cues
  if (!cues || cues.length === 0) return false
  for (const cue of Array.from(cues)) {
    // The later end first: a cue never ends before it begins.
    if (ms > 0) cue.endTime += ms / 1000
    cue.startTime += ms / 1000
    if (ms <= 0) cue.endTime += ms / 1000
  }
  return true
}

export function useCaptions(
  video: Ref<HTMLVideoElement | null>,
  state: Readonly<ShallowRef<PlayerState>>,
  captions: Ref<readonly Captions[]>,
): CaptionsHandle {
  const wanted = ref(remembered())
  const chosen = computed(() => chooseCaptions(captions.value, wanted.value, locale()))
  let element: HTMLTrackElement | null = null
  let moved = 0

  function remove(): void {
    element?.remove()
    element = null
    moved = 0
  }

  watch(
    [video, () => chosen.value?.url],
    ([now, url]) => {
      remove()
      if (!now || !url || !chosen.value) return
      element = document.createElement('track')
      element.kind = 'captions'
      element.srclang = chosen.value.language === 'other' ? 'und' : chosen.value.language
      element.src = url
      now.append(element)
      element.track.mode = 'showing'
      element.addEventListener('load', () => place())
    },
    { immediate: true },
  )

  function place(): void {
    const [now, at] = [video.value, state.value.positionMs]
    if (!now || !element || at === null || now.seeking || now.readyState < 1) return
    const offset = now.currentTime * 1000 - at
    if (Math.abs(offset - moved) > SLACK_MS && shiftCues(element.track, offset - moved)) moved = offset
  }
  watch(() => state.value.positionMs, place)

  function choose(language: Captions['language'] | null): void {
    wanted.value = language ?? 'off'
    try {
      localStorage.setItem(STORED, wanted.value)
    } catch {
      // storage is blocked: it is off again next time
    }
  }

  onScopeDispose(remove)
  return { on: computed(() => chosen.value !== null), available: computed(() => captions.value), chosen, choose }
}
