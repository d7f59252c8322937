/** While the lesson runs each page of the slides becomes a chapter. What the server does not take now it gets later, also after a reload or the end. */
import { onScopeDispose, watch, type Ref } from 'vue'
import { asProblem } from '@/api/problem'
import { t } from '@/i18n'
import { serverNow } from '@/api/now'
import { addSlideChapter } from './api'
import { again, keepTurns, keptTurns, SHORTEST_MS, turned } from './chapters'
import type { useSlides } from './useSlides'

const FLUSH_MS = 2_000

export interface Shown {
  lesson: string
  slides: ReturnType<typeof useSlides>
  /** This page is the one that sends the lesson. */
  live: Ref<boolean>
  zeroAt: Ref<number | null>
}

export function useChapters({ lesson, slides, live, zeroAt }: Shown) {
  let turns = keptTurns(lesson)
  let sending = false

  async function note(): Promise<void> {
    const [zero, page] = [zeroAt.value, slides.page.value]
    if (!live.value || zero === null || slides.pages.value === 0 || slides.opening.value) return
    const at_ms = Math.max(0, Math.round(serverNow() - zero))
    const name = `${slides.name.value}#${page}`
    const title = (await slides.title(page).catch(() => '')) || t('studio.booth.slides.chapter', { page })
    // Passed over while its title was read.
    if (page !== slides.page.value) return
    turns = turned(turns, name, { at_ms, title })
    keepTurns(lesson, turns)
  }

  /** One after the other, oldest first; the last one only when its page has stayed, or the lesson is over. */
  async function flush(): Promise<void> {
    const [first, zero] = [turns.waiting[0], zeroAt.value]
    if (sending || !first || zero === null || (live.value && serverNow() - zero - first.at_ms < SHORTEST_MS)) return
    sending = true
    try {
      await addSlideChapter(lesson, first.title, first.at_ms)
    } catch (thrown) {
      if (again(asProblem(thrown))) return
    } finally {
      sending = false
    }
    turns = { ...turns, waiting: turns.waiting.filter((turn) => turn !== first) }
    keepTurns(lesson, turns)
  }

  watch([live, zeroAt, slides.pages, slides.page, slides.name, slides.opening], () => void note())
  const timer = setInterval(() => void flush(), FLUSH_MS)
  onScopeDispose(() => clearInterval(timer))
}
