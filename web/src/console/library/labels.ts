/** What is said of files and episodes. */
import { has, t, type MessageKey } from '@/i18n'
import { dayTime } from '@/i18n/format'
import { serverNow } from '@/api/now'
import type { ConsoleEpisode } from './types'

/** Why nothing could be made of a file. */
export function whyText(code: string | null): string {
  const key = `console.library.why.${code}`
  return has(key) ? t(key as MessageKey) : t('console.library.why.unknown', { code: code ?? '' })
}

/** Why a file was not sent. */
export function sendText(code: string | null): string {
  const key = [`console.library.problem.${code}`, `common.problem.${code}`].find(has)
  if (key) return t(key as MessageKey, { wait: 60, status: 0, line: 0 })
  return /^http_5/.test(code ?? '') || code === 'internal' ? t('common.problem.server') : t('console.library.problem.unknown', { code: code ?? '' })
}

export function stageText({ state, step, percent, publish_at: at }: ConsoleEpisode): string {
  if (state === 'published' && at !== null && at > serverNow()) return t('console.library.stage.dated', { at: dayTime(at) })
  const words = t(`console.library.stage.${state}`)
  if (state !== 'running') return words
  const more = [step === null ? '' : t(`console.library.step.${step}`), percent === null ? '' : t('console.library.percent', { n: percent })].filter(Boolean)
  return more.length > 0 ? `${words} · ${more.join(' ')}` : words
}

export const tagOf = ({ state }: ConsoleEpisode): string => ({ failed: 'bad', published: 'good', ready: 'warn', receiving: '', queued: '', running: '', withdrawn: '' })[state]

/** Something is under way over there. */
export const unsettled = ({ state }: ConsoleEpisode): boolean => state === 'receiving' || state === 'queued' || state === 'running'

/** Waits for nothing but its publication, whatever becomes of a file that replaces what is heard. */
export const publishable = (episode: ConsoleEpisode): boolean =>
  episode.heard_version !== null && episode.publish_at === null && episode.withdrawn_at === null

/** In the library, or on a date to come; whatever becomes of a file that replaces what is heard. */
export const isOut = ({ publish_at, withdrawn_at }: ConsoleEpisode): boolean => publish_at !== null && withdrawn_at === null
