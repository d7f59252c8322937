/**
 * The dictionary's types. Each slice owns its words: `words.zh-CN.ts` and `words.en.ts` in its folder, found by a glob
 * (./index.ts), and named after the folder: the keys of src/studio/booth begin with `studio.booth`. zh-CN is the source
 * language: its files define which keys exist, and the English ones must have exactly the same
 * (`satisfies Same<typeof zh>`), so that a missing translation does not compile.
 * Only the chosen language is loaded, and only the words of pages that somebody opens.
 */

/** Every `words.zh-CN.ts` adds its own words to it. */
// biome-ignore lint/suspicious/noEmptyInterface: empty here, full where all words are
export interface Dictionary {}

export type Area = keyof Dictionary

/** The same keys, any words. */
export type Same<T> = { [K in keyof T]: T[K] extends string ? string : Same<T[K]> }

type Leaves<T> = T extends string ? never : { [K in keyof T & string]: T[K] extends string ? K : `${K}.${Leaves<T[K]>}` }[keyof T & string]

/** Every key there is, e.g. `member.home.live`. */
export type MessageKey = Leaves<Dictionary>

export const LOCALES = ['zh-CN', 'en'] as const
export type Locale = (typeof LOCALES)[number]
