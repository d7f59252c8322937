/**
 * What the booth sends: its picture with the microphone, into one WHIP session that comes back by itself.
 * It begins with the page and ends with the lesson; before 开始上课 nobody but the lecturer sees it.
 */
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { serverNow } from '@/api/now'
import { online } from '@/lib/online'
import { openBooth } from './api'
import { useCopies } from './copies/useCopies'
import { useChapters } from './slides/useChapters'
import { judged, measured, steadied, type Measured } from './network'
import type { StudioLessonView } from '@/studio/lessons/useStudioLesson'
import { useDevices } from './useDevices'
import { usePicture } from './usePicture'
import { WhipPublisher, type WhipState } from './whip'

const MEASURE_MS = 2_000

export function useBooth(id: string, view: StudioLessonView) {
  const devices = useDevices()
  const picture = usePicture(id, devices)
  const muted = ref(false)
  const state = shallowRef<WhipState>({ phase: 'idle', problem: null, back: false, silent: false })
  const network = shallowRef<Measured | null>(null)

  const whip = new WhipPublisher({
    grant: () => openBooth(id),
    peer: () => new RTCPeerConnection(),
    fetch: (input, init) => fetch(input, init),
    videoCodecs: () => RTCRtpSender.getCapabilities?.('video')?.codecs ?? null,
    setTimer: (run, ms) => window.setTimeout(run, ms),
    clearTimer: (timer) => window.clearTimeout(timer),
    now: serverNow,
    random: Math.random,
    onState: (next) => (state.value = next),
  })

  const phase = computed(() => view.latest.value?.phase ?? null)
  const wanted = computed(
    () => (phase.value === 'planned' || phase.value === 'live') && (picture.track.value !== null || devices.tracks.microphone !== null),
  )
  const tracks = () => ({ video: picture.track.value, audio: devices.tracks.microphone })
  const begin = () => {
    if (wanted.value) whip.start(tracks())
  }
  watch(picture.track, (track) => void whip.replace('video', track))
  watch(
    () => devices.tracks.microphone,
    (track) => {
      if (track) track.enabled = !muted.value
      void whip.replace('audio', track)
    },
  )
  watch(muted, (now) => {
    if (devices.tracks.microphone) devices.tracks.microphone.enabled = !now
  })
  watch(wanted, (now) => (now ? begin() : phase.value === 'ended' || phase.value === 'cancelled' ? void whip.stop() : undefined))
  watch(phase, (now) => {
    if (now !== 'ended' && now !== 'cancelled') return
    picture.stopScreen()
    devices.release()
  })

  // Hints that what was wrong is right again, or the other way round.
  watch(online, (now) => now && whip.hurry())
  watch(view.link, (now) => now === 'open' && whip.hurry())
  watch(
    () => view.latest.value?.publisher ?? null,
    (now, before) => {
      if (before && !now) whip.hurry()
    },
  )

  const timer = setInterval(async () => {
    const peer = whip.peer
    if (!peer || state.value.phase !== 'sending' || state.value.silent) {
      network.value = null
      return
    }
    const report = await peer.getStats().catch(() => null)
    if (report && peer === whip.peer) network.value = steadied(network.value, measured([...report.values()]))
  }, MEASURE_MS)

  const leaving = () => whip.leave()
  const returning = (event: PageTransitionEvent) => event.persisted && begin()
  const asking = (event: BeforeUnloadEvent) => {
    if (phase.value === 'live' && state.value.phase !== 'idle') event.preventDefault()
  }
  addEventListener('pagehide', leaving)
  addEventListener('pageshow', returning)
  addEventListener('beforeunload', asking)
  onScopeDispose(() => {
    clearInterval(timer)
    removeEventListener('pagehide', leaving)
    removeEventListener('pageshow', returning)
    removeEventListener('beforeunload', asking)
    whip.leave()
  })

  const line = computed(() => (network.value ? judged(network.value) : null))
  /** Whether another encoder has the seat, by the last answer; null before the first. */
  const elsewhere = ref<boolean | null>(null)
  watch(state, ({ phase: now, problem, back }) => {
    if (now === 'sending') elsewhere.value = false
    else if (now === 'waiting' || now === 'refused') elsewhere.value = problem?.code === 'lesson_taken_or_over' && !back
  })
  const taken = computed(() => elsewhere.value === true)
  /** The lesson runs, and this page is the one that sends it. */
  const giving = computed(() => phase.value === 'live' && elsewhere.value === false)
  useChapters({ lesson: id, slides: picture.slides, live: giving, zeroAt: computed(() => view.latest.value?.zero_at ?? null) })
  const copies = useCopies({
    lesson: id,
    title: computed(() => view.resource.data.value?.lesson.title ?? ''),
    // Connected or not: what cannot be sent is what the copy is for.
    wanted: giving,
    tracks: computed(() => [picture.track.value, devices.tracks.microphone].filter((track) => track !== null)),
  })
  return { devices, picture, copies, muted, state, network, line, taken, phase, retry: begin }
}

export type Booth = ReturnType<typeof useBooth>
