/** What keys do in the booth: those of a keyboard, and those a presenter (翻页笔) sends. Pure. */

export type Command = 'next' | 'previous' | 'first' | 'last' | 'cover' | 'mute'

const KEYS: Record<string, Command> = {
  PageDown: 'next',
  ArrowRight: 'next',
  ArrowDown: 'next',
  ' ': 'next',
  PageUp: 'previous',
  ArrowLeft: 'previous',
  ArrowUp: 'previous',
  Home: 'first',
  End: 'last',
  b: 'cover',
  // Some presenters send a full stop for “black”.
  '.': 'cover',
  m: 'mute',
}

/** Where keys have a meaning of their own. */
const TYPING =
  'input:not([type=checkbox]):not([type=file]), textarea, select, [contenteditable], [role=slider], video[controls], audio[controls]'
/** Where the space bar presses what has the focus. */
const PRESSED = 'button, a[href], summary, input, [role=button]'

/** What is to be done, or null where the key belongs to somebody else. */
export function commandOf(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey' | 'isComposing' | 'defaultPrevented' | 'target' | 'repeat'>,
  withSlides: boolean,
): Command | null {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return null
  const command = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? null
  if (!command || (!withSlides && command !== 'mute')) return null
  const target = event.target instanceof Element ? event.target : null
  if (target?.closest(TYPING) || document.querySelector('dialog[open]')) return null
  if (event.key === ' ' && target?.closest(PRESSED)) return null
  // A key held down leafs, but does not flicker.
  return event.repeat && (command === 'cover' || command === 'mute') ? null : command
}
