/**
 * Full screen with our own controls, on every phone: what the browser can make as large as the screen it does; where it cannot
 * (iPhones, many in-app browsers), the place fills the page. It is one step of the history, so that the phone's back button
 * leaves it, and never the lesson.
 */
import { onBeforeUnmount, ref, watch, type Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'

const HASH = '#full'

/** With the prefix of Safari before 16.4. */
interface Prefixed {
  webkitRequestFullscreen?: () => void
  webkitExitFullscreen?: () => void
  webkitFullscreenElement?: Element | null
}

const shown = () => document.fullscreenElement ?? (document as Prefixed).webkitFullscreenElement ?? null

async function enlarge(place: HTMLElement): Promise<void> {
  if (place.requestFullscreen) await place.requestFullscreen()
  else (place as Prefixed).webkitRequestFullscreen?.()
  // Most lessons are wider than high, and many keep their phone from turning by itself. Not all may be turned.
  const video = place.querySelector('video')
  if (video && video.videoHeight > video.videoWidth) return
  await (screen.orientation as { lock?: (to: string) => Promise<void> } | undefined)?.lock?.('landscape')
}

export interface FullScreen {
  on: Readonly<Ref<boolean>>
  enter(): void
  leave(): void
}

export function useFullScreen(place: Ref<HTMLElement | null>): FullScreen {
  const route = useRoute()
  const router = useRouter()
  const on = ref(false)

  const to = (hash: string, go: typeof router.push) => go({ path: route.path, query: route.query, hash })

  function enter(): void {
    if (on.value || !place.value) return
    on.value = true
    // In the tap itself: later it may not. A refusal changes nothing, the place fills the page.
    void enlarge(place.value).catch(() => undefined)
    void to(HASH, router.push).then(() => {
      if (!on.value && route.hash === HASH) router.back()
    })
  }
  function leave(): void {
    if (!on.value) return
    on.value = false
    if (shown()) {
      if (document.exitFullscreen) void document.exitFullscreen().catch(() => undefined)
      else (document as Prefixed).webkitExitFullscreen?.()
    }
    if (route.hash === HASH) router.back()
  }

  // The phone's back button, and a reload of the address.
  watch(
    () => route.hash,
    (hash) => {
      if (hash !== HASH) leave()
    },
  )
  if (route.hash === HASH) void to('', router.replace)

  // The browser's own way out.
  const onChange = () => {
    if (!shown()) leave()
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') leave()
  }
  watch(
    on,
    (full) => {
      document.documentElement.classList.toggle('still', full)
      const listen = full ? 'addEventListener' : 'removeEventListener'
      document[listen]('fullscreenchange', onChange)
      document[listen]('webkitfullscreenchange', onChange)
      document[listen]('keydown', onKey as EventListener)
    },
    { flush: 'sync' },
  )
  onBeforeUnmount(() => {
    const was = on.value
    on.value = false
    if (was && shown()) void document.exitFullscreen?.().catch(() => undefined)
  })

  return { on, enter, leave }
}
