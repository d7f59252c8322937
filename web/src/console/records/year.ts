/** A member's year in words. Pure. */
import type { components } from '@/api/schema'

export type MemberYear = components['schemas']['MemberYear']
export type MemberYearLine = components['schemas']['MemberYearLine']

const WHY = ['half', 'below_half', 'nothing', 'absent', 'excused'] as const

/** Which sentence says why it is not full credit. */
export function whyOf(line: Pick<MemberYearLine, 'credit' | 'reason' | 'make_up_until'>): (typeof WHY)[number] | 'full' | 'pending' | 'pending_open' {
  if (line.credit === 'full') return 'full'
  if (line.reason === 'pending') return line.make_up_until ? 'pending' : 'pending_open'
  return WHY.find((why) => why === line.reason) ?? 'nothing'
}

/** What is missing of the year's hours × 1000; 0: nothing. */
export const missingOf = ({ hours_milli, target_hours_milli }: Pick<MemberYear, 'hours_milli' | 'target_hours_milli'>): number => Math.max(0, target_hours_milli - hours_milli)
