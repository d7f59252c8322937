import { describe, expect, it } from 'vitest'
import { loadArea, setLocale, t } from './index'
import { Dictionary } from './words'

const files = import.meta.glob<{ default: Record<string, unknown> }>('../locales/*/*.ts', { eager: true })

function leaves(words: Record<string, unknown>, prefix = ''): Map<string, string> {
  const all = new Map<string, string>()
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === 'string') all.set(prefix + key, value)
    else for (const [k, v] of leaves(value as Record<string, unknown>, `${prefix}${key}.`)) all.set(k, v)
  }
  return all
}

const placeholders = (words: string) => [...new Set(words.match(/\{\w+\}/g) ?? [])].sort()

describe('a dictionary', () => {
  const words = new Dictionary<'zh' | 'en'>('en', 'zh')
  words.add('zh', 'a', { only: '只有中文', b: { c: '{n} 个' } })
  words.add('en', 'a', { b: { c: '{n} thing | {n} things', both: 'from {from} to {to}, {unknown}' } })

  it('fills in, counts, and falls back to the source language', () => {
    expect([0, 1, 2].map((n) => words.say('a.b.c', { n }, n))).toEqual(['0 things', '1 thing', '2 things'])
    expect(words.say('a.b.c', { n: 5 })).toBe('5 thing')
    expect(words.say('a.b.both', { from: '{to}', to: 3 })).toBe('from {to} to 3, {unknown}')
    expect(words.say('a.only', {})).toBe('只有中文')
    expect(words.say('a.b', {})).toBe('a.b')
    expect(words.say('a.constructor', {})).toBe('a.constructor')
    expect(['a.only', 'a.b.c', 'a.b', 'a.x', 'x', 'a.b.c.length'].map((key) => words.has(key))).toEqual([true, true, false, false, false, false])
  })
})

describe('the two dictionaries', () => {
  const areas = Object.keys(files).filter((f) => f.includes('/zh-CN/'))

  it.each(areas)('say the same things with the same placeholders: %s', (file) => {
    const zh = leaves(files[file]!.default)
    const en = leaves(files[file.replace('/zh-CN/', '/en/')]!.default)
    expect([...en.keys()].sort()).toEqual([...zh.keys()].sort())
    for (const [key, words] of zh) {
      expect(words, key).not.toBe('')
      const missing = placeholders(words).filter((p) => !placeholders(en.get(key)!).includes(p))
      expect(missing, key).toEqual([])
    }
  })

  it('change with the language', async () => {
    await loadArea('common')
    await setLocale('zh-CN')
    expect(t('common.time.minutes', {}, 3)).toBe('3 分钟')
    await setLocale('en')
    expect(t('common.time.days', {}, 1)).toBe('1 day')
    expect(t('common.time.days', {}, 3)).toBe('3 days')
  })
})
