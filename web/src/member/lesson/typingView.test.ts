import { describe, expect, it } from 'vitest'
import { smallHeight } from './typingView'

describe('the picture while one types', () => {
  it('takes a third of what the keyboard leaves, within bounds', () => {
    expect(smallHeight(308, false)).toBe(92)
    expect(smallHeight(150, false)).toBe(72)
    expect(smallHeight(900, false)).toBe(200)
  })
  it('takes the whole height beside the field', () => {
    expect(smallHeight(187, true)).toBe(187)
    expect(smallHeight(400, true)).toBe(200)
  })
})
