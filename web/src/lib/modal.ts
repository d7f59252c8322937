/**
 * Dialogs that take the page until they are answered. The browser's own where it has them; before Safari 15.4 an element that
 * lies above a shade, holds the focus, and closes on Escape.
 */

const shades = new WeakMap<HTMLElement, { shade: HTMLElement; end: () => void }>()
const FOCUSABLE =
  'button:not([disabled]), a[href], input:not([disabled]), select:not([disabled]), textarea:not([disabled]), [tabindex]:not([tabindex="-1"])'

/** `open` of an element that may be no dialog to the browser. */
export const isOpen = (dialog: HTMLElement): boolean => dialog.hasAttribute('open')

export function showModal(dialog: HTMLDialogElement): void {
  if (isOpen(dialog)) return
  if (typeof dialog.showModal === 'function') dialog.showModal()
  else lay(dialog)
}

export function closeModal(dialog: HTMLDialogElement): void {
  const laid = shades.get(dialog)
  if (laid) laid.end()
  else if (isOpen(dialog)) dialog.close()
}

function lay(dialog: HTMLElement): void {
  const before = document.activeElement
  const shade = document.createElement('div')
  shade.className = 'modal-shade'
  // Beside the dialog: nothing that encloses both can lie above one and not the other.
  dialog.before(shade)
  dialog.setAttribute('open', '')
  dialog.setAttribute('role', 'dialog')
  dialog.setAttribute('aria-modal', 'true')
  dialog.classList.add('modal-fallback')

  const inside = () => Array.from(dialog.querySelectorAll<HTMLElement>(FOCUSABLE))
  const focusFirst = () => (inside()[0] ?? dialog).focus()
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.preventDefault()
      event.stopPropagation()
      dialog.dispatchEvent(new Event('cancel', { cancelable: true }))
    }
    if (event.key !== 'Tab') return
    const all = inside()
    const [first, last] = [all[0], all[all.length - 1]]
    const leaves = event.shiftKey ? first : last
    if (document.activeElement !== leaves && dialog.contains(document.activeElement)) return
    event.preventDefault()
    ;(event.shiftKey ? last : first)?.focus()
  }
  const onFocus = (event: FocusEvent) => {
    if (event.target instanceof Node && !dialog.contains(event.target)) focusFirst()
  }
  // The browser reports a tap beside its own dialog; here the shade receives it.
  const onShade = () => dialog.dispatchEvent(new MouseEvent('click'))
  document.addEventListener('keydown', onKey, true)
  document.addEventListener('focusin', onFocus)
  shade.addEventListener('click', onShade)
  shades.set(dialog, {
    shade,
    end: () => {
      shades.delete(dialog)
      document.removeEventListener('keydown', onKey, true)
      document.removeEventListener('focusin', onFocus)
      shade.remove()
      dialog.removeAttribute('open')
      dialog.classList.remove('modal-fallback')
      if (before instanceof HTMLElement) before.focus()
    },
  })
  focusFirst()
}
