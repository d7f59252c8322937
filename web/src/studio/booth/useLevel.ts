/** How loud the microphone is, ten times a second, and the word for it. */
import { onScopeDispose, ref, watch } from 'vue'
import { barLength, levelVerdict, loudness, LOOKS_PER_SECOND, WINDOW, type LevelVerdict, type Loudness } from './level'

const SAMPLES = 4096

export function useLevel(track: () => MediaStreamTrack | null) {
  const bar = ref(0)
  const verdict = ref<LevelVerdict | null>(null)
  /** The browser lets nobody listen until the page is touched. */
  const asleep = ref(false)
  let context: AudioContext | null = null
  let source: MediaStreamAudioSourceNode | null = null
  let analyser: AnalyserNode | null = null
  let looks: Loudness[] = []
  const samples = new Float32Array(SAMPLES)

  watch(
    track,
    (now) => {
      source?.disconnect()
      source = null
      looks = []
      bar.value = 0
      verdict.value = null
      if (!now) return
      context ??= new AudioContext()
      analyser ??= new AnalyserNode(context, { fftSize: SAMPLES })
      source = context.createMediaStreamSource(new MediaStream([now]))
      source.connect(analyser)
      void context.resume().catch(() => undefined)
    },
    { immediate: true },
  )

  // After a reload a browser may keep the sound graph asleep until the page is touched.
  const wake = () => void (context?.state === 'suspended' && context.resume().catch(() => undefined))
  const TOUCHES = ['pointerdown', 'keydown'] as const
  for (const touch of TOUCHES) addEventListener(touch, wake)

  const timer = setInterval(() => {
    asleep.value = source !== null && context?.state === 'suspended'
    if (!source || !analyser || context?.state !== 'running') return
    analyser.getFloatTimeDomainData(samples)
    const look = loudness(samples)
    looks.push(look)
    if (looks.length > WINDOW) looks.shift()
    bar.value = barLength(look.peak)
    verdict.value = levelVerdict(looks)
  }, 1000 / LOOKS_PER_SECOND)

  onScopeDispose(() => {
    clearInterval(timer)
    for (const touch of TOUCHES) removeEventListener(touch, wake)
    source?.disconnect()
    void context?.close().catch(() => undefined)
  })
  return { bar, verdict, asleep }
}
