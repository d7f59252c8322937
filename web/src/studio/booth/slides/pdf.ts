/**
 * A PDF in the browser: opened from a file that never leaves it, drawn page by page by pdf.js, which is loaded only here
 * and runs in a worker of its own, without `eval` and without WebAssembly.
 */
import type { PDFDocumentLoadingTask, PDFDocumentProxy, PDFPageProxy } from 'pdfjs-dist'
import workerUrl from 'pdfjs-dist/legacy/build/pdf.worker.min.mjs?url'
import { firstLine } from './text'

/** Slides with photos; more is a scan of a book. */
export const LARGEST_BYTES = 200 * 1024 * 1024

export type PdfTrouble = 'too_large' | 'not_pdf' | 'locked' | 'broken' | 'empty' | 'no_reader'

export class PdfError extends Error {
  constructor(readonly trouble: PdfTrouble) {
    super(trouble)
  }
}

/** A PDF may begin with some bytes of something else. */
const HEAD_BYTES = 1024

export interface Pdf {
  readonly pages: number
  /** Page `n` (1…) as large as fits. Throws a `PdfError` for a page that cannot be drawn. */
  draw(n: number, within: { width: number; height: number }): Promise<HTMLCanvasElement>
  /** The page's first line of text; empty where it is a picture. */
  title(n: number): Promise<string>
  close(): void
}

/** Throws a `PdfError`. */
export async function openPdf(file: Blob): Promise<Pdf> {
  if (file.size > LARGEST_BYTES) throw new PdfError('too_large')
  const head = new TextDecoder('latin1').decode(await file.slice(0, HEAD_BYTES).arrayBuffer())
  if (!head.includes('%PDF-')) throw new PdfError('not_pdf')
  const pdfjs = await import('pdfjs-dist/legacy/build/pdf.mjs').catch(() => {
    throw new PdfError('no_reader')
  })
  pdfjs.GlobalWorkerOptions.workerSrc = workerUrl
  // Only what a page needs is read of the file.
  const range = new pdfjs.PDFDataRangeTransport(file.size, null)
  range.requestDataRange = (begin: number, end: number) => {
    void file
      .slice(begin, end)
      .arrayBuffer()
      .then((bytes) => range.onDataRange(begin, new Uint8Array(bytes)))
      .catch(() => range.abort())
  }
  const opening = pdfjs.getDocument({
    range,
    disableAutoFetch: true,
    disableStream: true,
    cMapUrl: `${__PDF_FILES__}cmaps/`,
    standardFontDataUrl: `${__PDF_FILES__}standard_fonts/`,
    wasmUrl: `${__PDF_FILES__}wasm/`,
    useWasm: false,
    verbosity: pdfjs.VerbosityLevel.ERRORS,
  })
  try {
    const pdf = await opening.promise
    if (pdf.numPages === 0) throw new PdfError('empty')
    return new Opened(opening, pdf)
  } catch (thrown) {
    void opening.destroy().catch(() => undefined)
    if (thrown instanceof PdfError) throw thrown
    throw new PdfError(thrown instanceof Error && thrown.name === 'PasswordException' ? 'locked' : 'broken')
  }
}

class Opened implements Pdf {
  readonly pages: number

  constructor(
    private readonly opening: PDFDocumentLoadingTask,
    private readonly pdf: PDFDocumentProxy,
  ) {
    this.pages = pdf.numPages
  }

  async draw(n: number, within: { width: number; height: number }): Promise<HTMLCanvasElement> {
    try {
      const page: PDFPageProxy = await this.pdf.getPage(n)
      const whole = page.getViewport({ scale: 1 })
      const viewport = page.getViewport({ scale: Math.min(within.width / whole.width, within.height / whole.height) })
      const canvas = document.createElement('canvas')
      canvas.width = Math.max(1, Math.round(viewport.width))
      canvas.height = Math.max(1, Math.round(viewport.height))
      await page.render({ canvas, viewport, background: '#ffffff' }).promise
      page.cleanup()
      return canvas
    } catch {
      throw new PdfError('broken')
    }
  }

  async title(n: number): Promise<string> {
    try {
      const { items } = await (await this.pdf.getPage(n)).getTextContent()
      return firstLine(
        items.flatMap((item) =>
          'str' in item ? [{ text: item.str, x: item.transform[4] as number, y: item.transform[5] as number, height: item.height }] : [],
        ),
      )
    } catch {
      return ''
    }
  }

  close(): void {
    void this.opening.destroy().catch(() => undefined)
  }
}
