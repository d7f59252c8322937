/**
 * The picture stays in sight while somebody types on a phone: where the keyboard leaves a part of the page, the stage lies at
 * the top of that part, small, and the field under it.
 */
import { onBeforeUnmount, ref, watch, type Ref } from 'vue'

/** Pages smaller than this in one direction are phones. */
const PHONE = '(max-width: 720px), (max-height: 500px)'
/** On its side: the picture stands beside the field, and as high as there is room (ClassRoom.vue). */
const ASIDE = '(orientation: landscape) and (max-height: 500px) and (min-width: 560px)'
/** How much of what is seen the picture takes, and its bounds in pixels. */
const SHARE = 0.3
const LEAST = 72
const MOST = 200
const MARGIN = 8

/** What the keyboard leaves of the page: how far down it begins, and its height. */
function seen(): { top: number; height: number } {
  const view = window.visualViewport
  return view ? { top: view.offsetTop, height: view.height } : { top: 0, height: window.innerHeight }
}

export function smallHeight(height: number, aside: boolean): number {
  return Math.round(Math.min(MOST, Math.max(LEAST, height * (aside ? 1 : SHARE))))
}

export interface TypingView {
  /** The stage is small now. */
  on: Readonly<Ref<boolean>>
  top: Readonly<Ref<number>>
  height: Readonly<Ref<number>>
}

/** `possible`: there is a picture, and it is not full screen. */
export function useTypingView(possible: () => boolean): TypingView {
  const field = ref<HTMLElement | null>(null)
  const on = ref(false)
  const top = ref(0)
  const height = ref(0)

  function place(): void {
    const view = seen()
    top.value = view.top
    height.value = smallHeight(view.height, matchMedia(ASIDE).matches)
  }
  /** Scrolls so that the field stands between the picture and the keyboard. */
  function reveal(): void {
    if (!field.value) return
    const view = seen()
    const box = field.value.getBoundingClientRect()
    const over = matchMedia(ASIDE).matches ? 0 : height.value
    const [from, to] = [view.top + over + MARGIN, view.top + view.height - MARGIN]
    // Its beginning is more important than its end.
    const down = box.top < from ? box.top - from : Math.min(box.top - from, Math.max(0, box.bottom - to))
    if (Math.abs(down) > 1) window.scrollBy(0, down)
  }
  function update(): void {
    on.value = field.value !== null && possible() && matchMedia(PHONE).matches
    if (!on.value) return
    place()
    // After the stage has become small.
    requestAnimationFrame(reveal)
  }

  const onFocus = (event: FocusEvent) => {
    const target = event.target as HTMLElement | null
    field.value = target?.matches('textarea, input[type="text"]') ? target : null
    update()
  }
  const onBlur = () => {
    field.value = null
    update()
  }
  const onScroll = () => on.value && place()
  document.addEventListener('focusin', onFocus)
  document.addEventListener('focusout', onBlur)
  window.visualViewport?.addEventListener('resize', update)
  window.visualViewport?.addEventListener('scroll', onScroll)
  watch(possible, update)
  onBeforeUnmount(() => {
    document.removeEventListener('focusin', onFocus)
    document.removeEventListener('focusout', onBlur)
    window.visualViewport?.removeEventListener('resize', update)
    window.visualViewport?.removeEventListener('scroll', onScroll)
  })
  return { on, top, height }
}
