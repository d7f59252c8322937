/**
 * Text that was pasted, read as it was meant. The server does the same (typed.rs) and decides; here only so much that a page
 * does not refuse what the server would take.
 */

/** What copying leaves around a text: soft hyphens, zero-width characters, direction marks, the byte order mark. */
const MARK = '\\u00ad\\u200b-\\u200f\\u202a-\\u202d\\u2060-\\u206f\\ufeff'
const EDGES = new RegExp(`^[\\s${MARK}]+|[\\s${MARK}]+$`, 'g')
const UNSEEN = new RegExp(`[\\s${MARK}\\u0000-\\u001f\\u007f\\u061c\\u202e\\ufe00-\\ufe0f]`, 'g')
const DASHES = /[\u058a\u2010-\u2015\u2043\u207b\u2212\u2e3a\u2e3b\u30fc\ufe58\ufe63]/g

/** Without white space and the marks of copying before and after it; nothing inside is touched. */
export const trimmed = (text: string): string => text.replace(EDGES, '')

/** The digits of a telephone number, with `+` if it is of another country; what is none keeps what does not belong. */
export function plainPhone(text: string): string {
  const digits = text
    .normalize('NFKC')
    .replace(UNSEEN, '')
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String((digit.charCodeAt(0) & 0xf) % 10))
    .replace(DASHES, '-')
    .replace(/^["“”]+|["“”]+$/g, '')
    .replace(/^tel:/i, '')
    .replace(/[-./()[\]。·]/g, '')
    .replace(/^\+?00/, '+')
  const own = digits.replace(/^\+?86(?=0?1\d{10}$)/, '').replace(/^0(?=1\d{10}$)/, '')
  return own
}
