/** Positions as people type them. */

/** `1:02:03`, `2:03`, `2:03.5` or seconds; null for anything else. Full-width colons of a Chinese keyboard are colons. */
export function parsePosition(typed: string): number | null {
  const text = typed.trim().replaceAll('：', ':').replaceAll('。', '.')
  const match = /^(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,5})(?:\.(\d{1,3}))?$/.exec(text)
  if (!match) return null
  const [, hours, minutes, seconds, fraction] = match
  const [h, m, s] = [Number(hours ?? 0), Number(minutes ?? 0), Number(seconds)]
  if ((minutes !== undefined && s > 59) || (hours !== undefined && m > 59)) return null
  return ((h * 60 + m) * 60 + s) * 1000 + Number((fraction ?? '').padEnd(3, '0'))
}

/** The same the other way: `2:03`, and `2:03.5` where it is not a whole second. */
export function exactPosition(ms: number): string {
  const two = (n: number) => String(n).padStart(2, '0')
  const whole = Math.floor(ms / 1000)
  const h = Math.floor(whole / 3600)
  const clock = h > 0 ? `${h}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}` : `${Math.floor(whole / 60)}:${two(whole % 60)}`
  const rest = String(ms % 1000)
    .padStart(3, '0')
    .replace(/0+$/, '')
  return rest === '' ? clock : `${clock}.${rest}`
}

export type TrimFault = 'unreadable' | 'reversed' | 'beyond'

/** What is wrong with a trim before it is sent; null: nothing. `out` null is the end. */
export function trimFault(inMs: number | null, outMs: number | null | undefined, lengthMs: number): TrimFault | null {
  if (inMs === null || outMs === undefined) return 'unreadable'
  const end = outMs ?? lengthMs
  if (end > lengthMs) return 'beyond'
  return inMs + 1000 > end ? 'reversed' : null
}
