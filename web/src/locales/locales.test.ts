import { describe, expect, it } from 'vitest'

type Words = { [key: string]: string | Words }
const files = import.meta.glob<{ default: Words }>('./*/*.ts', { eager: true })

function flat(words: Words, path = ''): [string, string][] {
  return Object.entries(words).flatMap(([key, value]) => (typeof value === 'string' ? [[path + key, value] as [string, string]] : flat(value, `${path}${key}.`)))
}
const blanks = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()

describe.each(['common', 'member', 'studio', 'booth', 'replay', 'console', 'setup', 'talk', 'people', 'account', 'share'])('the words of %s', (area) => {
  const zh = new Map(flat(files[`./zh-CN/${area}.ts`]!.default))
  const en = new Map(flat(files[`./en/${area}.ts`]!.default))

  it('are the same in both languages, with the same blanks', () => {
    expect([...en.keys()].sort()).toEqual([...zh.keys()].sort())
    for (const [key, text] of zh) expect(`${key} ${blanks(en.get(key)!).join()}`).toBe(`${key} ${blanks(text).join()}`)
  })

  it('are never empty, and English is English', () => {
    for (const [key, text] of zh) expect(text.trim(), key).not.toBe('')
    for (const [key, text] of en) {
      expect(text.trim(), key).not.toBe('')
      if (key !== 'language.zh') expect(/[\u4e00-\u9fff]/.test(text), `${key}: ${text}`).toBe(false)
    }
  })
})
