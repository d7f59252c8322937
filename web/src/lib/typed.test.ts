import { describe, expect, it } from 'vitest'
import { plainPhone, trimmed } from './typed'

describe('pasted text', () => {
  it.each([
    '13800001111',
    ' 138-0000-1111',
    '+86 138 0000 1111',
    '１３８００００１１１１',
    '＋８６（１３８）００００－１１１１',
    '0086 13800001111',
    '8613800001111',
    '+86 0 138 0000 1111',
    '013800001111',
    'tel:+86-138-0000-1111',
    '138.0000.1111。',
    '138\u00a00000\u00a01111',
    '138\u30000000\u202f1111',
    '138\u20110000\u22121111',
    '138\u20140000\uff0d1111',
    '\u202d13800001111\u202c',
    '\u206813800001111\u2069',
    '13800001111\u200b',
    '\ufeff13800001111',
    '138\u00ad00001111',
    '١٣٨٠٠٠٠١١١١',
  ])('reads the number %j', (typed) => {
    expect(plainPhone(typed)).toBe('13800001111')
  })

  it('keeps the + of other countries, and what is no number', () => {
    expect(plainPhone('00852 51234567')).toBe('+85251234567')
    expect(plainPhone('+852\u20115123\u20114567')).toBe('+85251234567')
    expect(plainPhone('1380000111a')).toBe('1380000111a')
    expect(plainPhone('138000011')).toBe('138000011')
  })

  it('takes away what stands around a text and nothing inside', () => {
    expect(trimmed('\u202d 密 码\u200b1 \u202c\n')).toBe('密 码\u200b1')
    expect(trimmed('❤\ufe0f')).toBe('❤\ufe0f')
    expect(trimmed('\ufeff\u3000')).toBe('')
  })
})
