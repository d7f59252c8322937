/** The words of all slices: the same in both languages, and found where their keys say. */
import { describe, expect, it } from 'vitest'

type Words = { [key: string]: string | Words }
const files = import.meta.glob<{ default: Words }>('../**/words.{zh-CN,en}.ts', { eager: true })
const sources = import.meta.glob<string>('../**/words.zh-CN.ts', { eager: true, query: '?raw', import: 'default' })

function flat(words: Words, path = ''): [string, string][] {
  return Object.entries(words).flatMap(([key, value]) => (typeof value === 'string' ? [[path + key, value] as [string, string]] : flat(value, `${path}${key}.`)))
}
const blanks = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()
const folderOf = (file: string) => file.slice('../'.length, file.lastIndexOf('/'))
const folders = [...new Set(Object.keys(files).map(folderOf))]

describe.each(folders)('the words of %s', (folder) => {
  const of = (language: string) => new Map(flat(files[`../${folder}/words.${language}.ts`]?.default ?? {}))
  const zh = of('zh-CN')
  const en = of('en')

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

  it('are named after their folder, which has one or two names', () => {
    const name = folder.split('/').join('.')
    expect(sources[`../${folder}/words.zh-CN.ts`]).toContain(`\n    ${name.includes('.') ? `'${name}'` : name}: typeof words\n`)
    expect(name.split('.').length).toBeLessThanOrEqual(2)
  })
})

describe('all words', () => {
  it('have keys of their own', () => {
    const keys = folders.flatMap((folder) => flat(files[`../${folder}/words.zh-CN.ts`]!.default, `${folder.split('/').join('.')}.`).map(([key]) => key))
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([])
  })
})
