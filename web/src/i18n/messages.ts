/**
 * The dictionary's types. zh-CN is the source language: its files define which keys exist, and the English files must
 * have exactly the same ones (`satisfies Same<typeof zh>`), so a missing translation does not compile.
 * One file per area; only the chosen language and only the areas somebody opens are loaded.
 */
import type account from '@/locales/zh-CN/account'
import type booth from '@/locales/zh-CN/booth'
import type common from '@/locales/zh-CN/common'
import type consoleArea from '@/locales/zh-CN/console'
import type member from '@/locales/zh-CN/member'
import type people from '@/locales/zh-CN/people'
import type recording from '@/locales/zh-CN/recording'
import type replay from '@/locales/zh-CN/replay'
import type setup from '@/locales/zh-CN/setup'
import type share from '@/locales/zh-CN/share'
import type studio from '@/locales/zh-CN/studio'
import type talk from '@/locales/zh-CN/talk'

export interface Dictionary {
  account: typeof account
  common: typeof common
  people: typeof people
  member: typeof member
  share: typeof share
  studio: typeof studio
  console: typeof consoleArea
  booth: typeof booth
  recording: typeof recording
  replay: typeof replay
  setup: typeof setup
  talk: typeof talk
}

export type Area = keyof Dictionary

/** The same keys, any words. */
export type Same<T> = { [K in keyof T]: T[K] extends string ? string : Same<T[K]> }

type Leaves<T> = T extends string ? never : { [K in keyof T & string]: T[K] extends string ? K : `${K}.${Leaves<T[K]>}` }[keyof T & string]

/** Every key there is, e.g. `member.home.live`. */
export type MessageKey = Leaves<Dictionary>

export const LOCALES = ['zh-CN', 'en'] as const
export type Locale = (typeof LOCALES)[number]
