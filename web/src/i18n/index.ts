/** Languages: which one, loading its words, and a `t` whose keys the compiler checks. */
import { LOCALES, type Area, type Locale, type MessageKey } from './messages'
import { Dictionary, type Params } from './dictionary'

export type { Area, Locale, MessageKey } from './messages'

const STORED = 'yunke.locale'
const files = import.meta.glob<{ default: Record<string, unknown> }>('../**/words.{zh-CN,en}.ts')
const areas = new Set<Area>()
const loaded = new Set<string>()

function isLocale(value: string | null): value is Locale {
  return LOCALES.includes(value as Locale)
}

function firstLocale(): Locale {
  const stored = readStored()
  if (isLocale(stored)) return stored
  const wanted = navigator.languages?.length ? navigator.languages : [navigator.language]
  const known = wanted.find((l) => /^(?:zh|en)\b/i.test(l))
  return known && /^en\b/i.test(known) ? 'en' : 'zh-CN'
}

function readStored(): string | null {
  try {
    return localStorage.getItem(STORED)
  } catch {
    return null // storage is blocked: the browser's language will do
  }
}

const dictionary = new Dictionary<Locale>(firstLocale(), 'zh-CN')

/** The words of one area or slice in the current language; call before the area's first page is shown. */
export async function loadArea(area: Area): Promise<void> {
  areas.add(area)
  await loadMessages(locale(), area)
}

async function loadMessages(language: Locale, area: Area): Promise<void> {
  const name = `../${area.split('.').join('/')}/words.${language}.ts`
  if (loaded.has(name)) return
  const load = files[name]
  if (!load) throw new Error(`no messages at ${name}`)
  const words = await load()
  dictionary.add(language, area, words.default)
  loaded.add(name)
}

export function locale(): Locale {
  return dictionary.locale.value
}

export async function setLocale(language: Locale): Promise<void> {
  await Promise.all([...areas].map((area) => loadMessages(language, area)))
  dictionary.locale.value = language
  document.documentElement.lang = language
  try {
    localStorage.setItem(STORED, language)
  } catch {
    // remembered for this visit only
  }
}

/**
 * A word or sentence. `plural` chooses between "one lesson | {n} lessons" and is also given as `n`.
 * Works in templates and in scripts, and follows the language as it changes.
 */
export function t(key: MessageKey, params: Params = {}, plural?: number): string {
  return dictionary.say(key, plural === undefined ? params : { n: plural, ...params }, plural)
}

/** Is there a sentence for a key that was put together at run time (problem codes)? */
export function has(key: string): key is MessageKey {
  return dictionary.has(key)
}
