/** A year of one's own record: what can be made up for, and why it is not more. Pure. */
import type { components } from '@/api/schema'

export type MyYear = components['schemas']['MemberYear']
export type MyYearLine = components['schemas']['MemberYearLine']

/** What can still be made up for, the one that ends first in front. */
export function toMakeUp(lines: readonly MyYearLine[]): (MyYearLine & { make_up_until: number })[] {
  const open = lines.filter(
    (line): line is MyYearLine & { make_up_until: number } =>
      typeof line.make_up_until === 'number' && line.can_watch && line.credit !== 'full' && line.standing !== 'excused',
  )
  return open.sort((a, b) => a.make_up_until - b.make_up_until)
}

const WHY = ['half', 'below_half', 'nothing', 'pending', 'absent', 'excused'] as const

/** Which sentence says how it is with a line. */
export function whyOf(line: Pick<MyYearLine, 'credit' | 'reason'>): (typeof WHY)[number] | 'full' {
  return line.credit === 'full' ? 'full' : (WHY.find((why) => why === line.reason) ?? 'nothing')
}
