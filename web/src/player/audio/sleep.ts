/**
 * The sleep timer. It counts what is heard, not what passes: a pause stops it, and it goes on where it was. Pure: told how long
 * sound came, it says when to stop.
 */

/** Minutes of listening, or the end of the episode that plays. */
export type SleepChoice = number | 'end'

export const SLEEP_MINUTES = [15, 30, 45, 60] as const

/** More than this between two looks is not listening that was watched. */
const LONGEST_STEP_MS = 120_000

export class SleepTimer {
  choice: SleepChoice | null = null
  /** Of listening, milliseconds; null while the end of the episode is waited for, or nothing is. */
  leftMs: number | null = null

  set(choice: SleepChoice | null): void {
    this.choice = choice
    this.leftMs = typeof choice === 'number' ? choice * 60_000 : null
  }

  /** Sound came for so long. True: now it is time to stop, once. */
  heard(ms: number): boolean {
    if (this.leftMs === null || ms <= 0) return false
    this.leftMs -= Math.min(ms, LONGEST_STEP_MS)
    if (this.leftMs > 0) return false
    this.set(null)
    return true
  }

  /** An episode is over, however its end was reached. True: nothing may follow. */
  ended(): boolean {
    if (this.choice !== 'end') return false
    this.set(null)
    return true
  }
}
