/** The signed attendance sheet: everybody of a lesson's roll, branch by branch. Pure, but for the loading. */
import { getAttendance, type AttendanceRow } from '@/console/records/api'

/** People on a sheet at most: more is no sheet that anybody signs. */
export const PEOPLE_MAX = 3_000

export interface SheetBranch {
  name: string | null
  people: AttendanceRow[]
}

/** Everybody who was invited, in the order of the roll; `told`: how many were read so far. Null: more than a sheet has. */
export async function loadSheet(lesson: string, signal: AbortSignal, told: (read: number, of: number) => void): Promise<SheetBranch[] | null> {
  const rows: AttendanceRow[] = []
  for (let page = 1; ; page += 1) {
    const answer = await getAttendance(lesson, { part: 'all', q: '', page }, signal)
    if (answer.total > PEOPLE_MAX) return null
    rows.push(...answer.rows)
    told(rows.length, answer.total)
    if (!answer.more) return byBranch(rows.filter((row) => row.invited))
  }
}

/** Two branches may have the same name, but people of one stand together. */
export function byBranch(rows: readonly AttendanceRow[]): SheetBranch[] {
  const branches: SheetBranch[] = []
  for (const row of rows) {
    const last = branches.at(-1)
    if (last && last.name === row.branch_name) last.people.push(row)
    else branches.push({ name: row.branch_name, people: [row] })
  }
  return branches
}
