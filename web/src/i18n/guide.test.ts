/** What the guides call a control of the library is what the page calls it, in both languages. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'

type Words = { [key: string]: string | Words }
const files = import.meta.glob<{ default: Words }>('../**/words.{zh-CN,en}.ts', { eager: true })
const guide = (name: string) => readFileSync(resolve(import.meta.dirname, '../../../docs/guide', `${name}.md`), 'utf8')

const flat = (words: Words): string[] => Object.values(words).flatMap((value) => (typeof value === 'string' ? [value] : flat(value)))
const words = (language: string, ...areas: string[]) => areas.flatMap((area) => flat(files[`../${area}/words.${language}.ts`]!.default))

function section(text: string, begin: string, end: string): string {
  const at = text.indexOf(begin)
  expect(at, begin).toBeGreaterThanOrEqual(0)
  return text.slice(at, text.indexOf(end, at + begin.length))
}
const named = (text: string, quote: RegExp) => [...text.matchAll(quote)].map(([, name]) => name!.trim())
const CHINESE = /“([^”]+)”/g
const ENGLISH = /(?<!\*)\*([^*\n]+)\*(?!\*)/g
/** What somebody may type into the search. */
const EXAMPLES = ['长征', 'changzheng', 'cz']

it.each([
  ['organizer', '## 听课', '## 统计', 'zh-CN', CHINESE, ['console', 'console/library', 'console/figures']],
  ['organizer', '## 统计', '## 导出', 'zh-CN', CHINESE, ['console', 'console/reports']],
  ['member', '**听书听课。**', '**我的学时。**', 'zh-CN', CHINESE, ['common', 'member/listen']],
  ['organizer', '- **Library** has', '\n\n', 'en', ENGLISH, ['console', 'console/library', 'console/figures']],
  ['member', '**Listen.**', '\n\n**', 'en', ENGLISH, ['common', 'member/listen']],
] as const)('the guide of the %s (%s) names controls as they are', (name, begin, end, language, quote, areas) => {
  const found = named(section(guide(name), begin, end), quote).filter((one) => !EXAMPLES.includes(one))
  expect(found.length).toBeGreaterThan(3)
  const known = words(language, ...areas)
  expect(found.filter((one) => !known.includes(one))).toEqual([])
})
