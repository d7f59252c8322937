/**
 * The poster of a lesson, to send in a chat or to print: title, time, lecturer, and the code. Drawn in the page, so that it has
 * the reader's own fonts; portrait, since chats cut wide pictures.
 */
import type { components } from '@/api/schema'

type Drawing = components['schemas']['QrDrawing']

export interface PosterWords {
  /** Who invites, at the top. */
  unit: string
  title: string
  /** Such as 11月30日 周一 12:00–12:45. */
  when: string
  lecturer: string
  /** What to do with the code. */
  hint: string
  /** The address, for whoever types. */
  url: string
}

export const WIDTH = 1080
export const HEIGHT = 1620
const EDGE = 90
const CODE = 480
const QUIET = 4
const FONT = "-apple-system, BlinkMacSystemFont, 'PingFang SC', 'HarmonyOS Sans SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
/** Sizes of the title, the largest that fits is taken. */
const TITLES = [104, 88, 74, 62, 52]
const TITLE_LINES = 4

/** Breaks a text into lines: between any two characters of Chinese, between words of others. Pure. */
export function lines(text: string, width: number, measure: (text: string) => number): string[] {
  const parts = text.match(/[\p{Script=Han}\p{P}\p{S}]|[^\s\p{Script=Han}\p{P}\p{S}]+|\s+/gu) ?? []
  const out: string[] = []
  let line = ''
  const pushLong = (part: string): void => {
    // A word longer than a line is cut.
    for (const c of part) {
      if (line !== '' && measure(line + c) > width) {
        out.push(line)
        line = ''
      }
      line += c
    }
  }
  for (const part of parts) {
    // No line begins with what closes a sentence.
    if (measure(line + part) <= width || (line !== '' && /^[，。、；：！？）》”’,.;:!?)]$/u.test(part))) line += part
    else {
      if (line.trim() !== '') out.push(line.trimEnd())
      line = ''
      if (part.trim() !== '') pushLong(part)
    }
  }
  if (line.trim() !== '') out.push(line.trimEnd())
  return out
}

/** Draws on a canvas of `WIDTH` × `HEIGHT`. */
export function drawPoster(canvas: HTMLCanvasElement, words: PosterWords, code: Drawing): void {
  canvas.width = WIDTH
  canvas.height = HEIGHT
  const pen = canvas.getContext('2d')
  if (!pen) return
  const font = (size: number, weight = 400) => (pen.font = `${weight} ${size}px ${FONT}`)
  const measure = (text: string) => pen.measureText(text).width
  const room = WIDTH - 2 * EDGE

  pen.fillStyle = '#fffdfb'
  pen.fillRect(0, 0, WIDTH, HEIGHT)
  pen.fillStyle = '#c8372d'
  pen.fillRect(0, 0, WIDTH, 210)
  pen.textBaseline = 'alphabetic'
  pen.fillStyle = '#ffffff'
  font(50, 650)
  pen.fillText(lines(words.unit, room, measure)[0] ?? '', EDGE, 128)

  pen.fillStyle = '#221e1b'
  let size = TITLES[TITLES.length - 1] ?? 52
  let title: string[] = []
  for (const one of TITLES) {
    size = one
    font(size, 700)
    title = lines(words.title, room, measure)
    if (title.length <= (one > 80 ? 3 : TITLE_LINES)) break
  }
  let y = 210 + 60 + size
  for (const line of title.slice(0, TITLE_LINES + 1)) {
    pen.fillText(line, EDGE, y)
    y += size * 1.3
  }
  y += 24
  font(54, 650)
  pen.fillStyle = '#bd3027'
  for (const line of lines(words.when, room, measure).slice(0, 2)) {
    pen.fillText(line, EDGE, y)
    y += 74
  }
  font(46)
  pen.fillStyle = '#625a54'
  for (const line of lines(words.lecturer, room, measure).slice(0, 2)) {
    pen.fillText(line, EDGE, y)
    y += 64
  }

  const top = HEIGHT - CODE - 220
  const left = (WIDTH - CODE) / 2
  const square = CODE / (code.size + 2 * QUIET)
  pen.fillStyle = '#ffffff'
  pen.fillRect(left, top, CODE, CODE)
  pen.save()
  pen.translate(left + QUIET * square, top + QUIET * square)
  pen.scale(square, square)
  pen.fillStyle = '#000000'
  pen.fill(new Path2D(code.path))
  pen.restore()
  pen.textAlign = 'center'
  pen.fillStyle = '#221e1b'
  font(44, 600)
  pen.fillText(words.hint, WIDTH / 2, HEIGHT - 140)
  pen.fillStyle = '#625a54'
  font(34)
  pen.fillText(words.url, WIDTH / 2, HEIGHT - 76)
  pen.textAlign = 'start'
}

/** As a file; null where the browser gives none. */
export const asPng = (canvas: HTMLCanvasElement): Promise<Blob | null> => new Promise((done) => canvas.toBlob(done, 'image/png'))
