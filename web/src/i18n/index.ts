/** Languages: which one, loading its words, and a `t` whose keys the compiler checks. */
import { createI18n } from 'vue-i18n'
import { LOCALES, type Area, type Locale, type MessageKey } from './messages'

export type { Area, Locale, MessageKey } from './messages'

const STORED = 'yunke.locale'
const files = import.meta.glob<{ default: Record<string, unknown> }>('../locales/*/*.ts')
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

export const i18n = createI18n({ legacy: false, locale: firstLocale(), fallbackLocale: 'zh-CN', missingWarn: false, fallbackWarn: false })

/** The words of one area in the current language; call before the area's first page is shown. */
export async function loadArea(area: Area): Promise<void> {
  areas.add(area)
  await loadMessages(locale(), area)
}

async function loadMessages(language: Locale, area: Area): Promise<void> {
  const name = `../locales/${language}/${area}.ts`
  if (loaded.has(name)) return
  const load = files[name]
  if (!load) throw new Error(`no messages at ${name}`)
  const words = await load()
  i18n.global.mergeLocaleMessage(language, { [area]: words.default })
  loaded.add(name)
}

export function locale(): Locale {
  return i18n.global.locale.value as Locale
}

export async function setLocale(language: Locale): Promise<void> {
  await Promise.all([...areas].map((area) => loadMessages(language, area)))
  i18n.global.locale.value = language
  document.documentElement.lang = language
  try {
    localStorage.setItem(STORED, language)
  } catch {
    // remembered for this visit only
  }
}

type Params = Record<string, string | number>

/**
 * A word or sentence. `plural` chooses between "one lesson | {n} lessons" and is also given as `n`.
 * Works in templates and in scripts, and follows the language as it changes.
 */
export function t(key: MessageKey, params: Params = {}, plural?: number): string {
  const translate = i18n.global.t as unknown as (key: string, named: Params, plural?: number) => string
  return plural === undefined ? translate(key, params) : translate(key, { n: plural, ...params }, plural)
}

/** Is there a sentence for a key that was put together at run time (problem codes)? */
export function has(key: string): key is MessageKey {
  return i18n.global.te(key) || i18n.global.te(key, 'zh-CN')
}
