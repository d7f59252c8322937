/** The safety copy of a lesson: recorded on this computer while the lesson runs, listed after it, tidied up. */
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { asProblem } from '@/api/problem'
import { serverNow } from '@/api/now'
import { getStudioLesson } from '@/studio/lessons/api'
import { canRecord, recordingType, StretchRecorder, type CopyTrouble } from './recorder'
import { allCopies, copyFile, freeBytes, noteCopy, removeCopy, type Copy } from './store'
import { ENOUGH_BYTES, suspects, toRemove, type LessonState } from './tidy'

const SWITCH = 'yunke.booth.copy'

export interface Recorded {
  lesson: string
  title: Ref<string>
  /** The lesson runs, and this page is the one that sends it. */
  wanted: Ref<boolean>
  tracks: Ref<MediaStreamTrack[]>
}

export function useCopies({ lesson, title, wanted, tracks }: Recorded) {
  const able = canRecord()
  const on = ref(able && localStorage.getItem(SWITCH) !== 'off')
  const trouble = ref<CopyTrouble | null>(null)
  const short = ref(false)
  const list = shallowRef<Copy[]>([])
  const current = shallowRef<Copy | null>(null)
  let recorder: StretchRecorder | null = null

  async function refresh(): Promise<void> {
    list.value = (await allCopies().catch(() => [])).filter((copy) => copy.lesson === lesson)
  }

  function record(): void {
    // Some browsers ask; the answer changes nothing now.
    void navigator.storage.persist?.().catch(() => false)
    const type = recordingType(tracks.value.some((track) => track.kind === 'video'))
    if (!type) {
      trouble.value = 'failed'
      return
    }
    const started_at = Math.round(serverNow())
    const made: Copy = {
      name: `${lesson}-${started_at}.${type.includes('mp4') ? 'mp4' : 'webm'}`,
      lesson,
      title: title.value,
      type: type.split(';')[0] ?? type,
      started_at,
      ms: 0,
      bytes: 0,
    }
    const note = (copy: Copy) => void noteCopy(copy).catch(() => undefined)
    const mine = () => current.value?.name === made.name
    let last = made
    const ended = (why: CopyTrouble | null) => {
      if (mine()) current.value = null
      if (why) trouble.value = why
      // Nothing came of it.
      void (last.bytes === 0 ? removeCopy(made.name).catch(() => undefined) : Promise.resolve()).then(refresh)
    }
    try {
      recorder = new StretchRecorder(made.name, type, tracks.value, {
        written(bytes, ms) {
          last = { ...last, bytes, ms }
          note(last)
          if (mine()) current.value = last
        },
        closed: () => ended(null),
        failed: ended,
      })
      current.value = made
      trouble.value = null
    } catch {
      trouble.value = 'failed'
    }
  }

  function stop(): void {
    recorder?.stop()
    recorder = null
  }

  // Another camera track or microphone is another stretch: a recording cannot change its tracks.
  watch([wanted, on, tracks], ([now, allowed, them], before) => {
    if (before[0] === now && before[1] === allowed && same(before[2], them)) return
    stop()
    if (now && allowed && them.length > 0) record()
  })

  function turn(to: boolean): void {
    on.value = to
    try {
      localStorage.setItem(SWITCH, to ? 'on' : 'off')
    } catch {
      // storage is blocked: for this visit
    }
  }

  async function stateOf(id: string): Promise<LessonState> {
    try {
      const { phase } = (await getStudioLesson(id, new AbortController().signal)).lesson
      return phase === 'ended' || phase === 'cancelled' ? 'over' : 'unfinished'
    } catch (thrown) {
      const problem = asProblem(thrown)
      return problem.missing || problem.forbidden ? 'unknown' : 'no_answer'
    }
  }

  /** Makes room, and says so where there is too little. */
  async function tidy(): Promise<void> {
    const [copies, free] = [await allCopies().catch(() => []), await freeBytes()]
    const asked = suspects(copies, serverNow(), free)
    const states = new Map<string, LessonState>()
    for (const id of new Set(asked.map((copy) => copy.lesson))) states.set(id, await stateOf(id))
    for (const { name } of toRemove(asked, serverNow(), free, (id) => states.get(id) ?? 'no_answer'))
      await removeCopy(name).catch(() => undefined)
    const left = await freeBytes()
    short.value = left !== null && left < ENOUGH_BYTES
  }

  async function remove(copy: Copy): Promise<void> {
    await removeCopy(copy.name).catch(() => undefined)
    await refresh()
  }

  /** To the downloads folder; false where the file is gone. */
  async function download(copy: Copy): Promise<boolean> {
    try {
      const url = URL.createObjectURL(await copyFile(copy.name))
      const link = Object.assign(document.createElement('a'), { href: url, download: copy.name })
      link.click()
      setTimeout(() => URL.revokeObjectURL(url), 60_000)
      return true
    } catch {
      await removeCopy(copy.name).catch(() => undefined)
      await refresh()
      return false
    }
  }

  if (able) {
    void tidy().then(refresh)
  }
  onScopeDispose(stop)
  const running = computed(() => current.value !== null)
  return { able, on, turn, trouble, short, list, current, running, remove, download }
}

export type Copies = ReturnType<typeof useCopies>

const same = (a: readonly MediaStreamTrack[], b: readonly MediaStreamTrack[]) =>
  a.length === b.length && a.every((track, n) => track === b[n])
