/** Days of the centre, which is at UTC+8 without summer time. Pure. */

export const DAY_MS = 86_400_000
const OFFSET_MS = 8 * 3_600_000

/** The midnight with which a day (`2026-12-31`) begins; null for what is no day. */
export function startOfDay(day: string): number | null {
  const midnight = Date.parse(`${day}T00:00:00Z`) - OFFSET_MS
  return Number.isNaN(midnight) ? null : midnight
}
