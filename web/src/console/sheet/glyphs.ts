/**
 * Characters the printer would leave out: rare characters of names that no font of this computer has. A missing one is drawn as
 * the same box as a code point that no font can have, or not at all.
 */

/** What drawing a character gives; anything that differs where the pictures differ. */
export type Draw = (text: string) => string

/** Never assigned to a character (Unicode 23.7): whatever is drawn for these is drawn for want of a glyph. */
const NOBODY = ['\u{10FFFD}', '\u{EFFFD}', '\u{FFFFD}']

/** Draws in the font the page is in. Null: this browser cannot tell. */
export function canvasDraw(font: string): Draw | null {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 40
  const on = canvas.getContext('2d', { willReadFrequently: true })
  if (!on) return null
  return (text) => {
    on.clearRect(0, 0, 40, 40)
    on.font = `28px ${font}`
    on.textBaseline = 'top'
    on.fillText(text, 4, 4)
    return on.getImageData(0, 0, 40, 40).data.join('')
  }
}

/** The letters of these texts that have no glyph, each once, in order. */
export function withoutGlyph(texts: readonly string[], draw: Draw): string[] {
  const none = new Set([...NOBODY.map(draw), draw('')])
  const seen = new Map<string, boolean>()
  for (const char of texts.flatMap((text) => [...text])) {
    // Spaces, joiners and marks are drawn as nothing, and rightly.
    if (!seen.has(char)) seen.set(char, /[\p{L}\p{N}\p{S}\p{Co}\p{Cn}]/u.test(char) && none.has(draw(char)))
  }
  return [...seen].filter(([, missing]) => missing).map(([char]) => char)
}

/** `U+30302` */
export const codePoint = (char: string): string => `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`

/** A name as it can be printed: a character without a glyph is told by its code point, so that nobody is a blank. */
export const printable = (name: string, missing: readonly string[]): string => [...name].map((char) => (missing.includes(char) ? `〔${codePoint(char)}〕` : char)).join('')
