/** Why a member got what they got, in a sentence. The decision is the server's; these are only its words. */
import { has, t, type MessageKey } from '@/i18n'
import type { AttendanceRow } from './api'

/** Hundredths of a percent as text, never rounded up: 79.99 % must not read as 80 %. */
export function coverage(bp: number): string {
  const tenths = Math.floor(bp / 10)
  return `${Math.floor(tenths / 10)}.${tenths % 10}%`
}

export function whyKey(row: Pick<AttendanceRow, 'credit' | 'counted_ms' | 'reason'>, live: boolean): string {
  if (row.credit === 'full') return 'full'
  if (live) return 'in_progress'
  if (row.reason && has(`console.why.${row.reason}`)) return row.reason
  if (row.credit === 'half') return 'half'
  return row.counted_ms === 0 ? 'nothing' : 'below_half'
}

export function whyWords(row: Pick<AttendanceRow, 'credit' | 'counted_ms' | 'reason'>, rule: { full_percent: number; half_percent: number }, live: boolean): string {
  return t(`console.why.${whyKey(row, live)}` as MessageKey, { full: rule.full_percent, half: rule.half_percent, code: row.reason ?? '' })
}

/** The words of a verdict's reasons. */
export function reasonWords(codes: readonly string[]): string {
  return codes
    .map((code) => (has(`console.evidence.reason.${code}`) ? t(`console.evidence.reason.${code}` as MessageKey) : t('console.evidence.reason.unknown', { code })))
    .join(t('console.evidence.and'))
}
