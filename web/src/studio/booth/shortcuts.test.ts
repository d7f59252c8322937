import { afterEach, describe, expect, it } from 'vitest'
import { commandOf } from './shortcuts'

const page = document.body
afterEach(() => (page.innerHTML = ''))

function press(key: string, on: string = '', more: Partial<KeyboardEvent> = {}, withSlides = true) {
  page.innerHTML = on || '<main></main>'
  return commandOf(
    {
      key,
      ctrlKey: false,
      altKey: false,
      metaKey: false,
      isComposing: false,
      defaultPrevented: false,
      repeat: false,
      target: page.firstElementChild,
      ...more,
    },
    withSlides,
  )
}

describe('keys in the booth', () => {
  it('hears a presenter', () => {
    expect(['PageDown', 'PageUp', 'b', '.', 'ArrowRight', ' '].map((key) => press(key))).toEqual([
      'next',
      'previous',
      'cover',
      'cover',
      'next',
      'next',
    ])
    expect(press('B')).toBe('cover')
  })

  it('leaves what is typed alone', () => {
    for (const field of ['<input>', '<textarea></textarea>', '<select></select>', '<div contenteditable></div>']) {
      expect(press('b', field)).toBeNull()
      expect(press('ArrowDown', field)).toBeNull()
    }
    expect(press('m', '', { ctrlKey: true })).toBeNull()
    expect(press('m', '', { isComposing: true })).toBeNull()
    expect(press('m', '<main></main><dialog open></dialog>')).toBeNull()
  })

  it('lets the space bar press a button that has the focus; a presenter turns the page all the same', () => {
    expect(press(' ', '<button></button>')).toBeNull()
    expect(press('PageDown', '<button></button>')).toBe('next')
    expect(press('PageDown', '<input type="checkbox">')).toBe('next')
  })

  it('scrolls as ever while there is nothing to leaf through, and mutes all the same', () => {
    expect(press('PageDown', '', {}, false)).toBeNull()
    expect(press('m', '', {}, false)).toBe('mute')
  })

  it('does not flicker while a key is held', () => {
    expect(press('b', '', { repeat: true })).toBeNull()
    expect(press('PageDown', '', { repeat: true })).toBe('next')
  })
})
