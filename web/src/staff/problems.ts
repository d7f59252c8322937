/** What a problem says on a staff page: the area's own sentence where it has one, else the common one. */
import { problemTextIn, type Problem } from '@/api/problem'
import type { Area } from '@/i18n'

export const problemWords = (problem: Problem, area: Area): string => problemTextIn(problem, [area])
