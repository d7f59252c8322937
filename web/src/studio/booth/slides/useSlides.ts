/** The lecturer's PDF: picked, leafed through, covered, remembered. What is shown of it goes to `show`. */
import { onScopeDispose, ref, shallowRef } from 'vue'
import { HEIGHT, WIDTH } from '../picture/frame'
import { openPdf, PdfError, type Pdf, type PdfTrouble } from './pdf'
import { forgetSlides, keepSlides, keptSlides } from './store'

const PREVIEW = { width: 480, height: 270 }

/** Kept in memory but not on disk: a reload would lose it. */
export type SlidesTrouble = PdfTrouble | 'not_kept' | 'page'

export function useSlides(lesson: string, show: (page: ImageBitmap | null) => void) {
  const name = ref('')
  const pages = ref(0)
  const page = ref(1)
  const covered = ref(false)
  const opening = ref(false)
  const trouble = ref<SlidesTrouble | null>(null)
  /** The page as it is shown, and the one after it, for the lecturer's eyes. */
  const current = shallowRef<HTMLCanvasElement | null>(null)
  const next = shallowRef<HTMLCanvasElement | null>(null)
  let pdf: Pdf | null = null
  /** Drawn ahead, so that the next page is there at once. */
  let ahead: { page: number; canvas: HTMLCanvasElement } | null = null
  let turn = 0

  async function open(file: Blob, called: string, { keep = true, at = 1 } = {}): Promise<boolean> {
    const mine = ++turn
    opening.value = true
    trouble.value = null
    try {
      const opened = await openPdf(file)
      if (mine !== turn) {
        opened.close()
        return false
      }
      pdf?.close()
      pdf = opened
      ahead = null
      name.value = called
      pages.value = opened.pages
      page.value = Math.min(at, opened.pages)
      covered.value = false
      if (keep) await keepSlides({ lesson, name: called, file }).catch(() => (trouble.value = 'not_kept'))
      await draw()
      return true
    } catch (thrown) {
      if (mine === turn) trouble.value = thrown instanceof PdfError ? thrown.trouble : 'broken'
      return false
    } finally {
      if (mine === turn) opening.value = false
    }
  }

  async function draw(): Promise<void> {
    const [from, wanted] = [pdf, page.value]
    const still = () => from === pdf && wanted === page.value
    if (!from) return
    try {
      const canvas = ahead?.page === wanted ? ahead.canvas : await from.draw(wanted, { width: WIDTH, height: HEIGHT })
      if (!still()) return
      if (trouble.value === 'page') trouble.value = null
      current.value = canvas
      await present()
      next.value = null
      if (wanted === from.pages) return
      const after = await from.draw(wanted + 1, { width: WIDTH, height: HEIGHT })
      if (!still()) return
      ahead = { page: wanted + 1, canvas: after }
      next.value = smaller(after)
    } catch {
      if (still()) trouble.value = 'page'
    }
  }

  async function present(): Promise<void> {
    const canvas = current.value
    if (!canvas || covered.value) return show(null)
    const bitmap = await createImageBitmap(canvas)
    if (canvas === current.value && !covered.value) show(bitmap)
    else bitmap.close()
  }

  function go(to: number): void {
    const wanted = Math.min(Math.max(1, Math.round(to)), pages.value)
    if (!pdf || !Number.isFinite(wanted)) return
    // Turning the page shows it: nobody has to remember that it was covered.
    const uncover = covered.value
    covered.value = false
    if (wanted !== page.value) {
      page.value = wanted
      void draw()
    } else if (uncover) void present()
  }

  function cover(): void {
    if (!pdf) return
    covered.value = !covered.value
    void present()
  }

  function close(): void {
    turn += 1
    opening.value = false
    pdf?.close()
    pdf = ahead = current.value = next.value = trouble.value = null
    pages.value = 0
    name.value = ''
    covered.value = false
    show(null)
    void forgetSlides()
  }

  /** What was open before the page was reloaded. */
  async function restore(at: number): Promise<boolean> {
    const kept = await keptSlides(lesson)
    return kept !== null && pdf === null && open(kept.file, kept.name, { keep: false, at })
  }

  onScopeDispose(() => {
    turn += 1
    pdf?.close()
    pdf = null
  })
  const title = (n: number) => pdf?.title(n) ?? Promise.resolve('')
  return { name, pages, page, covered, opening, trouble, current, next, open, close, go, cover, restore, title }
}

export type Slides = ReturnType<typeof useSlides>

function smaller(canvas: HTMLCanvasElement): HTMLCanvasElement {
  const scale = Math.min(PREVIEW.width / canvas.width, PREVIEW.height / canvas.height)
  const small = document.createElement('canvas')
  small.width = Math.max(1, Math.round(canvas.width * scale))
  small.height = Math.max(1, Math.round(canvas.height * scale))
  small.getContext('2d')?.drawImage(canvas, 0, 0, small.width, small.height)
  return small
}
