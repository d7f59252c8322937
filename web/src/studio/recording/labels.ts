/** What work on a recording says, in the reader's language. */
import type { LessonFill } from '@/api/types'
import { has, t, type MessageKey } from '@/i18n'

/** Why it failed. */
export function failureWords(code: string | null): string {
  const key = `studio.recording.failed.${code}`
  return has(key) ? t(key as MessageKey) : t('studio.recording.failed.unknown', { code: code ?? '' })
}

/** How far a fill is; `sent` is how much of it has arrived while this page sends it. */
export function fillState(fill: LessonFill, sent: number | null): { words: string; percent: number | null; failed: boolean } {
  const { stage, percent: done, code } = fill.status
  if (stage === 'none') {
    const percent = Math.floor((100 * (sent ?? fill.received)) / fill.bytes)
    return {
      words: t(sent === null ? 'studio.recording.fill.paused' : 'studio.recording.fill.sending', { percent }),
      percent,
      failed: false,
    }
  }
  if (stage === 'running') return { words: t('studio.recording.fill.running', { percent: done ?? 0 }), percent: done ?? 0, failed: false }
  if (stage === 'queued') return { words: t('studio.recording.queued'), percent: null, failed: false }
  return stage === 'failed'
    ? { words: failureWords(code ?? null), percent: null, failed: true }
    : { words: t('studio.recording.fill.ready'), percent: null, failed: false }
}
