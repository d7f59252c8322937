/** Why work on a recording failed, in the reader's language. */
import { has, t, type MessageKey } from '@/i18n'

export function failureWords(code: string | null): string {
  const key = `recording.failed.${code}`
  return has(key) ? t(key as MessageKey) : t('recording.failed.unknown', { code: code ?? '' })
}
