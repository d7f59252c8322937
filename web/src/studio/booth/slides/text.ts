/** The line a reader's eye falls on first. Pure. */

export interface TextItem {
  text: string
  /** Points from the lower left corner of the page. */
  x: number
  y: number
  height: number
}

const LONGEST = 60

/** The topmost line of a page, cut to 60 characters; empty for a page without text. */
export function firstLine(items: readonly TextItem[]): string {
  const shown = items.filter((item) => item.text.trim() !== '')
  const top = shown.reduce<TextItem | null>((best, item) => (best === null || item.y > best.y ? item : best), null)
  if (!top) return ''
  const line = shown.filter((item) => Math.abs(item.y - top.y) <= Math.max(top.height, item.height) / 2).sort((a, b) => a.x - b.x)
  const text = line
    .map((item) => item.text)
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim()
  // Chinese is set in single characters, and needs no spaces between them.
  return [...text.replace(/(?<=\p{Script=Han}) (?=\p{Script=Han})/gu, '')].slice(0, LONGEST).join('')
}
