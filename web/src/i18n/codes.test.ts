/**
 * Every code the library can answer with has a sentence where it reaches a person, in both languages. The lists are those of
 * docs/API.md and of the programs; a code that appears there must appear here.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

type Words = { [key: string]: string | Words }
const files = import.meta.glob<{ default: Words }>('../**/words.{zh-CN,en}.ts', { eager: true })
const read = (path: string) => readFileSync(resolve(import.meta.dirname, '../../..', path), 'utf8')

/** Mistakes of a page, not of a person: none of ours sends them, and the general sentence is enough. */
const OF_PROGRAMS = ['json_broken', 'json_required', 'json_unexpected', 'query_unexpected', 'body_unreadable']
/** The page does something else with it: it opens another page. */
const LEADS_ON = ['password_first']
/** 5xx: one sentence for all of them. */
const OF_SERVER = ['internal']

const api = read('docs/API.md')
const codesIn = (text: string) => [...text.matchAll(/`([a-z_]+\*?)`/g)].map(([, code]) => code!)
/** `text_*` stands for those of the table at the end. */
const whole = (code: string): string[] => {
  if (!code.endsWith('*')) return [code]
  if (code === 'transcript_*') return arms('server/catalogue/src/transcript/error.rs')
  const found = codesIn(api.slice(api.indexOf('## Errors'))).filter((one) => one.startsWith(code.slice(0, -1)))
  expect(found, code).not.toEqual([])
  return [...new Set(found)]
}
/** Of the routes in a section: its last column. */
function routeCodes(section: string): string[] {
  const begin = api.indexOf(`## ${section}\n`)
  expect(begin, section).toBeGreaterThan(0)
  const rows = api
    .slice(begin, api.indexOf('\n## ', begin + 3))
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  expect(rows.length, section).toBeGreaterThan(5)
  return rows
    .flatMap((row) =>
      codesIn(
        row
          .split('|')
          .at(-2)!
          .replace(/as `POST [^`]*`/, '`slow_down`'),
      ),
    )
    .flatMap(whole)
}
/** Those every route may answer. */
const everywhere = codesIn(/Besides those every\nroute may answer([\s\S]*?)`LessonWatch`/.exec(api)![1]!)
/** `Self::Empty => "empty_file"`, `Death::Time => "worker_time"`. */
function arms(path: string): string[] {
  const found = [...read(path).matchAll(/=> (?:\(StatusCode::\w+, )?"([a-z_]+)"/g)].map(([, code]) => code!)
  expect(found, path).not.toEqual([])
  return found
}

const has = (language: string, key: string): boolean => {
  const [area, ...path] = key.split('/')
  let at: string | Words | undefined = files[`../${area!.replace('.', '/')}/words.${language}.ts`]!.default
  for (const name of path) at = typeof at === 'object' ? at[name] : undefined
  return typeof at === 'string'
}
const missing = (codes: readonly string[], places: readonly string[]) =>
  ['zh-CN', 'en'].flatMap((language) =>
    [...new Set(codes)].filter((code) => !places.some((place) => has(language, `${place}/${code}`))).map((code) => `${language} ${code}`),
  )

const GENERAL = [...OF_PROGRAMS, ...LEADS_ON, ...OF_SERVER]
const forPeople = (codes: readonly string[]) => codes.filter((code) => !GENERAL.includes(code))

describe('every code has a sentence', () => {
  it('of what any route may answer', () => {
    expect(everywhere.length).toBeGreaterThan(8)
    expect(missing(forPeople(everywhere), ['common/problem'])).toEqual([])
  })
  it('on the pages of listening', () => {
    const codes = forPeople(routeCodes('The library, for members'))
    expect(codes).toContain('episode_withdrawn')
    expect(missing(codes, ['member.listen/problem', 'common/problem'])).toEqual([])
  })
  it('on the pages of the organizers', () => {
    const codes = forPeople(routeCodes('Console: the library'))
    expect(codes).toContain('chapter_time')
    expect(missing(codes, ['console.library/problem', 'common/problem'])).toEqual([])
  })
  it('on the pages of rosters, for files that are not taken and for rows with something wrong', () => {
    const codes = forPeople(routeCodes('Console: rosters'))
    expect(codes).toContain('roster_changed')
    expect(missing(codes, ['console.roster/problem', 'common/problem'])).toEqual([])
    const readers = ['kind', 'refusal', 'encoding', 'delimited', 'table', 'xlsx', 'xls', 'zipped', 'container', 'biff', 'mod']
    const refusals = readers.flatMap((name) =>
      [...read(`server/src/roster/read/${name}.rs`).matchAll(/"((?:file|sheet|encoding)_[a-z_]+)"/g)].map(([, code]) => code!),
    )
    expect(refusals).toContain('file_password')
    expect(missing(refusals, ['console.roster/refusal'])).toEqual([])
    const reasons = [...read('server/src/roster/lines.rs').matchAll(/^ {8}\w+ = "([a-z_]+)"/gm)].map(([, code]) => code!)
    expect(reasons).toContain('digits_lost')
    expect(missing(reasons, ['console.roster/reason'])).toEqual([])
  })
  it('where bytes are sent to the media node', () => {
    const sent = [
      ...arms('media/src/upload/tus.rs'),
      ...[...read('media/src/upload/tus.rs').matchAll(/Refused::new\(StatusCode::\w+, "([a-z_]+)"/g)].map(([, code]) => code!),
      'pass_expired',
      'pass_invalid',
    ]
    expect(missing(forPeople(sent), ['console.library/problem', 'common/problem'])).toEqual([])
  })
  it('for files nothing could be made of', () => {
    const codes = [
      ...arms('media/src/library/encode/error.rs'),
      ...arms('media/src/library/run.rs').filter((code) => code !== 'ready'),
      'upload_expired',
      'incomplete',
    ]
    const table = read('docs/LIBRARY.md')
    const listed = [...table.slice(table.indexOf('| code | when |')).matchAll(/^\| (`.*`) \|/gm)].flatMap(([, row]) => codesIn(row!))
    expect(listed).toContain('drm_protected')
    expect(missing([...codes, ...listed], ['console.library/why'])).toEqual([])
  })
})
