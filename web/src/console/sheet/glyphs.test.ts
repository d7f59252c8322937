import { describe, expect, it } from 'vitest'
import { codePoint, printable, withoutGlyph, type Draw } from './glyphs'

/** A font of these letters; everything else is its box. */
const font =
  (letters: string): Draw =>
  (text) =>
    text.trim() === '' ? '' : letters.includes(text) ? text : 'box'

// source-han-sans#586, #351; Z-RareCharacterSolution#16
describe('a name on the signed sheet', () => {
  it('has each character without a glyph found before printing, and named', () => {
    const draw = font('王李芳·•')
    expect(withoutGlyph(['王\u{30302}', '李\u{3118E}芳', '王\u{E863}', '古·•'], draw)).toEqual(['\u{30302}', '\u{3118E}', '\u{E863}', '古'])
    expect(withoutGlyph(['王芳', '李 \u200D芳'], draw)).toEqual([])
  })
  it('is never a blank', () => {
    expect(printable('王\u{30302}', ['\u{30302}'])).toBe('王〔U+30302〕')
    expect([codePoint('\u{3118E}'), codePoint('\u{E863}'), codePoint('A')]).toEqual(['U+3118E', 'U+E863', 'U+0041'])
  })
})
