/** What the organizer has to know today, from the lists of lessons. Pure. */
import type { LessonCard } from '@/api/types'

export type DecisionKind = 'late' | 'away' | 'over' | 'replay'

export interface Decision {
  kind: DecisionKind
  lesson: LessonCard
  /** How long it has been so. */
  ms: number
}

/** A lesson that has not started this long after its time needs somebody. */
const LATE_MS = 3 * 60_000
const OVER_MS = 10 * 60_000
/** A replay stands the second the lesson ends; after this something is wrong. */
const REPLAY_MS = 2 * 60_000
/** Older plans that were never started are history, not news. */
const FORGOTTEN_MS = 24 * 3_600_000

export function decisions(lessons: readonly LessonCard[], now: number, away: ReadonlySet<string>): Decision[] {
  const out: Decision[] = []
  for (const lesson of lessons) {
    const late = now - lesson.planned_start_at
    const over = now - lesson.planned_end_at
    if (lesson.phase === 'live' && away.has(lesson.id)) out.push({ kind: 'away', lesson, ms: 0 })
    if (lesson.phase === 'live' && over > OVER_MS) out.push({ kind: 'over', lesson, ms: over })
    if (lesson.phase === 'planned' && late > LATE_MS && late < FORGOTTEN_MS) out.push({ kind: 'late', lesson, ms: late })
    if (lesson.phase === 'ended' && !lesson.replay_ready) {
      const since = now - endOf(lesson)
      if (since > REPLAY_MS && since < FORGOTTEN_MS) out.push({ kind: 'replay', lesson, ms: since })
    }
  }
  const order: DecisionKind[] = ['away', 'late', 'over', 'replay']
  return out.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || b.ms - a.ms)
}

export function endOf(lesson: LessonCard): number {
  return lesson.started_at !== null && lesson.length_ms !== null ? lesson.started_at + lesson.length_ms : lesson.planned_end_at
}
