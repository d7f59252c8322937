/**
 * Wall-clock time of the centre. All centres keep China Standard Time (UTC+8, no summer time since
 * 1991), so a plan made on a PC with another time zone still means noon in Kunshan.
 * Must never use the browser's own zone.
 */

const OFFSET_MS = 8 * 3_600_000

export interface LocalStart {
  /** `YYYY-MM-DD` */
  date: string
  /** `HH:mm` */
  time: string
}

const two = (n: number): string => String(n).padStart(2, '0')

/** UTC milliseconds → the centre's date and time of day. */
export function toLocal(ms: number): LocalStart {
  const d = new Date(ms + OFFSET_MS)
  return {
    date: `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`,
    time: `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`,
  }
}

/** The centre's date and time of day → UTC milliseconds, or null when they name no moment. */
export function fromLocal(date: string, time: string): number | null {
  const d = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date)
  const t = /^(\d{2}):(\d{2})$/.exec(time)
  if (!d || !t) return null
  const [year, month, day] = [Number(d[1]), Number(d[2]), Number(d[3])]
  const [hour, minute] = [Number(t[1]), Number(t[2])]
  if (hour > 23 || minute > 59) return null
  const at = Date.UTC(year, month - 1, day, hour, minute)
  const back = new Date(at)
  // Date.UTC rolls 31 November over to 1 December; a plan must not.
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day) return null
  return at - OFFSET_MS
}

/** A time of day as people type it (9, 930, 9:30, 9.30, ９：３０, 9点半) as `HH:mm`; null when it is none. */
export function tidyTime(typed: string): string | null {
  const text = typed.normalize('NFKC').replace(/\s/g, '').replace(/[点时]半$/, ':30').replace(/[点时.]/, ':').replace(/分$/, '')
  const parts = /^(\d{1,2})(?::(\d{1,2})?)?$/.exec(text) ?? /^(\d{1,2})(\d{2})$/.exec(text)
  if (!parts) return null
  const [hour, minute] = [Number(parts[1]), Number(parts[2] ?? 0)]
  return hour > 23 || minute > 59 ? null : `${two(hour)}:${two(minute)}`
}

/** The next full half hour at least `lead` ms away: where a new plan starts. */
export function nextSlot(now: number, lead = 30 * 60_000): number {
  const slot = 30 * 60_000
  return Math.ceil((now + lead) / slot) * slot
}
