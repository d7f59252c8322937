/**
 * What the booth sends: camera, screen or both, with the microphone, into one WHIP session that comes back by itself.
 * It begins with the page and ends with the lesson; before 开始上课 nobody but the lecturer sees it.
 */
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { online } from '@/lib/online'
import { openBooth } from './api'
import { FPS, troubleOf, type DeviceTrouble } from './devices'
import { Mixer } from './mixer'
import { measured, networkVerdict, type Measured } from './network'
import type { StudioLessonView } from '../useStudioLesson'
import { useDevices } from './useDevices'
import { WhipPublisher, type WhipState } from './whip'

export type Scene = 'camera' | 'screen' | 'both'

const MEASURE_MS = 2_000

export function useBooth(id: string, view: StudioLessonView) {
  const devices = useDevices()
  const scene = ref<Scene>('camera')
  const screen = shallowRef<MediaStreamTrack | null>(null)
  const screenTrouble = ref<DeviceTrouble | null>(null)
  const picture = shallowRef<MediaStreamTrack | null>(null)
  const muted = ref(false)
  const state = shallowRef<WhipState>({ phase: 'idle', problem: null, back: false })
  const network = shallowRef<Measured | null>(null)
  let mixer: Mixer | null = null

  const whip = new WhipPublisher({
    grant: () => openBooth(id),
    peer: () => new RTCPeerConnection(),
    fetch: (input, init) => fetch(input, init),
    videoCodecs: () => RTCRtpSender.getCapabilities?.('video')?.codecs ?? null,
    setTimer: (run, ms) => window.setTimeout(run, ms),
    clearTimer: (timer) => window.clearTimeout(timer),
    now: Date.now,
    random: Math.random,
    onState: (next) => (state.value = next),
  })

  /** Puts together what is shown. */
  function compose(): void {
    const camera = devices.tracks.camera
    if (screen.value && scene.value !== 'camera') {
      const corner = scene.value === 'both' ? camera : null
      if (mixer) mixer.show(corner)
      else mixer = new Mixer(screen.value, corner)
      picture.value = mixer.track
    } else {
      picture.value = camera
      mixer?.close()
      mixer = null
    }
  }
  watch([() => devices.tracks.camera, screen, scene], compose)

  async function show(next: Scene): Promise<void> {
    screenTrouble.value = null
    if (next === 'camera') {
      scene.value = next
      screen.value?.stop()
      screen.value = null
      return
    }
    if (!screen.value) {
      try {
        const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: FPS } }, audio: false })
        const track = stream.getVideoTracks()[0] ?? null
        // “Stop sharing” in the browser's own bar.
        track?.addEventListener('ended', () => {
          if (screen.value === track) void show('camera')
        })
        screen.value = track
      } catch (thrown) {
        // Who closes the browser's question has changed their mind; nothing is wrong then.
        const trouble = troubleOf(thrown)
        screenTrouble.value = trouble === 'denied' ? null : trouble
        return
      }
    }
    scene.value = next
  }

  const phase = computed(() => view.latest.value?.phase ?? null)
  const wanted = computed(() => (phase.value === 'planned' || phase.value === 'live') && (picture.value !== null || devices.tracks.microphone !== null))
  const tracks = () => ({ video: picture.value, audio: devices.tracks.microphone })
  const begin = () => {
    if (wanted.value) whip.start(tracks())
  }
  watch(picture, (track) => void whip.replace('video', track))
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
    screen.value?.stop()
    screen.value = null
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
    if (!peer || state.value.phase !== 'sending') {
      network.value = null
      return
    }
    const report = await peer.getStats().catch(() => null)
    if (report && peer === whip.peer) network.value = measured([...report.values()])
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
    screen.value?.stop()
    mixer?.close()
    whip.leave()
  })

  const verdict = computed(() => (network.value ? networkVerdict(network.value) : null))
  /** Another encoder has the seat. */
  const taken = computed(() => state.value.problem?.code === 'lesson_taken_or_over' && !state.value.back)
  return { devices, scene, show, screenTrouble, picture, muted, state, network, verdict, taken, phase, retry: begin }
}

export type Booth = ReturnType<typeof useBooth>
