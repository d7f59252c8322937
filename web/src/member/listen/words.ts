/** What is said of places and times. */
import { t } from '@/i18n'
import { day, duration, position } from '@/i18n/format'
import { problemTextIn, type Problem } from '@/api/problem'
import { has, type MessageKey } from '@/i18n'
import type { AudioState } from '@/player/audio/types'
import type { Place } from './types'

const HOUR_S = 3600

/** "2 分 4 秒": "2 m 4" would be read as metres. */
export function spoken(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const parts: [number, 'hours' | 'minutes' | 'seconds'][] = [
    [Math.floor(seconds / HOUR_S), 'hours'],
    [Math.floor((seconds % HOUR_S) / 60), 'minutes'],
    [seconds % 60, 'seconds'],
  ]
  const said = parts.filter(([n]) => n > 0)
  return (said.length > 0 ? said : [[0, 'seconds'] as const]).map(([n, unit]) => t(`member.listen.spoken.${unit}`, {}, n)).join(' ')
}

export const valueText = (at: number, length: number): string =>
  length > 0 ? t('member.listen.valuetext', { at: spoken(at), length: spoken(length) }) : spoken(at)

export function deviceWord(device: string): string {
  const key = `member.listen.device.${device}`
  return has(key) ? t(key as MessageKey) : device
}

export const placeText = (place: Place, key: 'other' | 'atOn'): string =>
  t(`member.listen.${key}`, { day: day(place.heard_at), device: deviceWord(place.device), at: position(place.position_ms) })

/** Lengths of listening: whole minutes, and "0 分钟" only for nothing at all. */
export const listened = (ms: number): string => duration(ms > 0 ? Math.max(60_000, Math.floor(ms / 60_000) * 60_000) : 0)

export const listenProblem = (problem: Problem): string => problemTextIn(problem, ['member.listen'])

/** What a listener has to know now, or nothing: whatever does not go on says why. */
export function statusText({ blocked, coming, nextProblem, problem, stage, why }: AudioState): string {
  if (blocked) return t('member.listen.stage.blocked')
  if (stage === 'failed') return problem ? listenProblem(problem) : t(`member.listen.stage.${why}`)
  if (nextProblem)
    return t(coming === null ? 'member.listen.stage.nextFailed' : 'member.listen.stage.nextWaits', { why: listenProblem(nextProblem) })
  if (coming !== null) return t('member.listen.stage.opening')
  if (stage === 'opening') return problem ? listenProblem(problem) : t('member.listen.stage.opening')
  if (stage === 'buffering' || stage === 'reconnecting') return t(`member.listen.stage.${stage}`)
  // It plays, and does not count any more.
  if (problem && !problem.offline) return listenProblem(problem)
  return stage === 'over' ? t('member.listen.stage.over') : ''
}
