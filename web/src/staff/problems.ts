/** What a problem says on a staff page: the area's own sentence where it has one, else the common one. */
import { problemText, type Problem } from '@/api/problem'
import { has, t, type Area, type MessageKey } from '@/i18n'

export function problemWords(problem: Problem, area: Area): string {
  const key = `${area}.problem.${problem.code}`
  return has(key) ? t(key as MessageKey, { wait: problem.retryAfter ?? 60, line: problem.line ?? 0 }) : problemText(problem)
}
