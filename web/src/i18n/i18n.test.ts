import { describe, expect, it } from 'vitest'
import { loadArea, setLocale, t } from './index'
import { Dictionary } from './dictionary'

describe('a dictionary', () => {
  const words = new Dictionary<'zh' | 'en'>('en', 'zh')
  words.add('zh', 'a', { only: '只有中文', b: { c: '{n} 个' } })
  words.add('en', 'a.part', { one: 'of the part' })
  words.add('en', 'a', { b: { c: '{n} thing | {n} things', both: 'from {from} to {to}, {unknown}' } })

  it('fills in, counts, and falls back to the source language', () => {
    expect([0, 1, 2].map((n) => words.say('a.b.c', { n }, n))).toEqual(['0 things', '1 thing', '2 things'])
    expect(words.say('a.b.c', { n: 5 })).toBe('5 thing')
    expect(words.say('a.b.both', { from: '{to}', to: 3 })).toBe('from {to} to 3, {unknown}')
    expect(words.say('a.only', {})).toBe('只有中文')
    expect(words.say('a.b', {})).toBe('a.b')
    expect(words.say('a.part.one', {})).toBe('of the part')
    expect(words.say('a.constructor', {})).toBe('a.constructor')
    expect(['a.only', 'a.b.c', 'a.b', 'a.x', 'x', 'a.b.c.length'].map((key) => words.has(key))).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ])
  })
})

describe('the words', () => {
  it('change with the language', async () => {
    await loadArea('common')
    await setLocale('zh-CN')
    expect(t('common.time.minutes', {}, 3)).toBe('3 分钟')
    await setLocale('en')
    expect(t('common.time.days', {}, 1)).toBe('1 day')
    expect(t('common.time.days', {}, 3)).toBe('3 days')
  })
})
