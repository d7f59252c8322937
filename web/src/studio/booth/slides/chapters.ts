/** Chapters from the slides: when which page was shown, kept in this browser until the server has it. Pure but for its storage. */
import type { Problem } from '@/api/problem'

/** A page that began to be shown. */
export interface Turn {
  at_ms: number
  title: string
}

/** What is kept of a lesson: turns the server does not have yet, and the page of the last one. */
export interface Turns {
  waiting: Turn[]
  last: string | null
}

/** A page that was passed over sooner was not shown; the server sees it the same way. */
export const SHORTEST_MS = 3_000
/** Turns that wait at most; then the oldest goes. As many as a lesson has chapters. */
const MOST = 300

/** With one turn more. The page that was last already, as after a reload, is none. */
export function turned(turns: Turns, page: string, turn: Turn): Turns {
  if (turns.last === page) return turns
  const before = turns.waiting.at(-1)
  const kept = before && turn.at_ms - before.at_ms < SHORTEST_MS ? turns.waiting.slice(0, -1) : turns.waiting
  return { waiting: [...kept, turn].slice(-MOST), last: page }
}

/** Whether the same again could go better. What the server refuses (a chapter is there, too many) it refuses again. */
export function again(problem: Problem): boolean {
  return problem.offline || problem.status >= 500 || problem.status === 401 || problem.status === 429
}

const KEY = 'yunke.booth.turns.'

export function keptTurns(lesson: string): Turns {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY + lesson) ?? 'null') as Turns | null
    if (kept && Array.isArray(kept.waiting)) return kept
  } catch {
    // blocked, or not ours: as if nothing had been kept
  }
  return { waiting: [], last: null }
}

export function keepTurns(lesson: string, turns: Turns): void {
  try {
    localStorage.setItem(KEY + lesson, JSON.stringify(turns))
  } catch {
    // storage is blocked: for this visit
  }
}
