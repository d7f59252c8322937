import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { closeModal, isOpen, showModal } from './modal'

/** A dialog as Safari 14 sees it: an element that is nothing special. */
function plainDialog(): HTMLDialogElement {
  document.body.innerHTML =
    '<button id="before">…</button><div><dialog><button id="no">No</button><button id="yes">Yes</button></dialog></div>'
  const dialog = document.querySelector('dialog')!
  Object.defineProperty(dialog, 'showModal', { value: undefined })
  Object.defineProperty(dialog, 'close', { value: undefined })
  document.querySelector<HTMLElement>('#before')!.focus()
  return dialog
}
const press = (key: string, shiftKey = false) =>
  document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey, bubbles: true, cancelable: true }))
const focused = () => document.activeElement?.id

describe('a modal dialog without the browser', () => {
  let dialog: HTMLDialogElement
  beforeEach(() => {
    dialog = plainDialog()
    showModal(dialog)
  })
  afterEach(() => closeModal(dialog))

  it('opens over a shade with the focus inside, and gives it back', () => {
    expect(isOpen(dialog)).toBe(true)
    expect(document.querySelectorAll('.modal-shade')).toHaveLength(1)
    expect(focused()).toBe('no')
    closeModal(dialog)
    expect(isOpen(dialog)).toBe(false)
    expect(document.querySelector('.modal-shade')).toBeNull()
    expect(focused()).toBe('before')
  })

  it('keeps Tab inside, in both directions', () => {
    press('Tab', true)
    expect(focused()).toBe('yes')
    press('Tab')
    expect(focused()).toBe('no')
    document.querySelector<HTMLElement>('#before')!.focus()
    expect(focused()).toBe('no')
  })

  it('hears Escape and a tap beside it', () => {
    const cancel = vi.fn()
    const tap = vi.fn()
    dialog.addEventListener('cancel', cancel)
    dialog.addEventListener('click', (event) => event.target === dialog && tap())
    press('Escape')
    expect(cancel).toHaveBeenCalledOnce()
    document.querySelector<HTMLElement>('.modal-shade')!.click()
    expect(tap).toHaveBeenCalledOnce()
  })

  it('is opened and closed once', () => {
    showModal(dialog)
    expect(document.querySelectorAll('.modal-shade')).toHaveLength(1)
    closeModal(dialog)
    closeModal(dialog)
    press('Escape')
    expect(isOpen(dialog)).toBe(false)
  })
})
