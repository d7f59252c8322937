/** What members see: the layout, and where its slides come from – a PDF, or a shared screen or window. */
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { Composer } from './picture/composer'
import { openComposer } from './picture/openComposer'
import { troubleOf, type DeviceTrouble } from './devices'
import { FPS } from './picture/frame'
import { possible, type Layout } from './picture/layout'
import { keepPlace, keptPlace } from './slides/store'
import { useSlides } from './slides/useSlides'
import type { Devices } from './useDevices'

export function usePicture(lesson: string, devices: Devices) {
  const place = keptPlace(lesson)
  const wanted = ref<Layout>('speaker')
  const screen = shallowRef<MediaStreamTrack | null>(null)
  const screenTrouble = ref<DeviceTrouble | null>(null)
  const track = shallowRef<MediaStreamTrack | null>(null)
  let composer: Composer | null = null
  const composing = () => (composer ??= openComposer())
  const slides = useSlides(lesson, (page) => composing().slide(page))

  const hasSlides = computed(() => screen.value !== null || slides.pages.value > 0)
  /** What is shown of what was asked for. */
  const layout = computed(() => possible(wanted.value, { camera: devices.tracks.camera !== null, slides: hasSlides.value }))

  watch(
    () => devices.tracks.camera,
    (camera) => (camera || composer) && composing().camera(camera),
  )
  watch(screen, (now) => composing().screen(now))
  watch(layout, (now) => {
    if (now) composing().arrange(now)
    track.value = now ? composing().track : null
  })
  watch([wanted, slides.page], () => {
    if (slides.pages.value > 0) keepPlace(lesson, { page: slides.page.value, layout: wanted.value })
  })

  function show(next: Layout): void {
    if (next === 'speaker' || hasSlides.value) wanted.value = next
  }

  /** Slides that were just brought are to be seen. */
  function bring(): void {
    if (wanted.value === 'speaker') wanted.value = 'both'
  }

  async function openPdf(file: File): Promise<void> {
    if (!(await slides.open(file, file.name))) return
    stopScreen()
    bring()
    keepPlace(lesson, { page: slides.page.value, layout: wanted.value })
  }

  async function share(): Promise<void> {
    screenTrouble.value = null
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: FPS } }, audio: false })
      const shared = stream.getVideoTracks()[0] ?? null
      // “Stop sharing” in the browser's own bar.
      shared?.addEventListener('ended', () => screen.value === shared && stopScreen())
      screen.value?.stop()
      screen.value = shared
      bring()
    } catch (thrown) {
      // Who closes the browser's question has changed their mind; nothing is wrong then.
      const trouble = troubleOf(thrown)
      screenTrouble.value = trouble === 'denied' ? null : trouble
    }
  }

  function stopScreen(): void {
    screen.value?.stop()
    screen.value = null
  }

  void slides.restore(place.page).then((back) => back && (wanted.value = place.layout))
  onScopeDispose(() => {
    stopScreen()
    composer?.close()
  })
  return { layout, hasSlides, show, slides, openPdf, screen, screenTrouble, share, stopScreen, track }
}

export type Picture = ReturnType<typeof usePicture>
