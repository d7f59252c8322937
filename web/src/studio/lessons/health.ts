/**
 * What the lecturer should know about the incoming stream, worst first, as message keys with their
 * figures. The codes are those of the media service (`HealthCode`); the words are in messages.ts.
 */

import type { MessageKey } from '@/i18n'
import type { HealthNote } from '@/staff/room/types'

/** The media service may be newer than this page and know codes that it does not. */
type Note = Omit<HealthNote, 'code'> & { code: string }

export type Severity = 'bad' | 'warn' | 'info'

export interface HealthLine {
  code: string
  severity: Severity
  /** What is the case: `studio.health.<code>.what`; `…​.do` says what to do about it. */
  what: MessageKey
  advice: MessageKey
  params: Record<string, string>
}

const SEVERITY: Record<string, Severity> = {
  stalled: 'bad',
  no_video: 'bad',
  no_audio: 'bad',
  no_key_frame: 'bad',
  recording_full: 'bad',
  recording_failing: 'bad',
  recording_holes: 'warn',
  format_missing: 'bad',
  too_slow: 'warn',
  picture_recoded: 'warn',
  frames_damaged: 'warn',
  key_interval: 'warn',
  bitrate_low: 'warn',
  bitrate_high: 'warn',
  fps_low: 'warn',
  size_high: 'warn',
  audio_rate_low: 'warn',
  b_frames: 'info',
  tracks_apart: 'info',
  tracks_ignored: 'info',
  data_ignored: 'info',
  timestamps_repaired: 'info',
  rebuilt: 'info',
  small_picture_slow: 'info',
  small_picture_broken: 'info',
  small_sound_broken: 'info',
}

const PROFILES: Record<number, string> = { 0x42: 'Baseline', 0x4d: 'Main', 0x58: 'Extended', 0x64: 'High' }

/** `High 3.1` of `avc1.64001f` (RFC 6381; ITU-T H.264, annex A); empty for what is not H.264. */
export function profile(codec: string): string {
  const [, name, constraints, level] =
    /^avc1\.([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(codec)?.map((hex) => Number.parseInt(hex, 16)) ?? []
  if (name === undefined || constraints === undefined || level === undefined) return ''
  const constrained = name === 0x42 && (constraints & 0x40) !== 0 ? 'Constrained ' : ''
  return `${constrained}${PROFILES[name] ?? `0x${name.toString(16)}`} ${short(level / 10)}`
}

/** One decimal at most, and none when it says nothing: 10, 2.5. */
export function short(n: number): string {
  return String(Math.round(n * 10) / 10)
}

/** `2.1 Mbps`, `640 kbps`. */
export function bitrate(bps: number): string {
  return bps >= 1_000_000 ? `${short(bps / 1_000_000)} Mbps` : `${Math.round(bps / 1000)} kbps`
}

function figure(code: string, value: number): string {
  switch (code) {
    case 'stalled':
    case 'no_key_frame':
    case 'key_interval':
    case 'tracks_apart':
      return short(value / 1000)
    case 'bitrate_low':
    case 'bitrate_high':
      return bitrate(value)
    case 'too_slow':
      return short(value / 10)
    case 'fps_low':
    case 'audio_rate_low':
      return short(value / 1000)
    default:
      return String(value)
  }
}

const REFUSED = new Set(['taken', 'key_replaced', 'passphrase', 'media', 'later'])
/** Of which the service's own words say more than ours. */
const IN_DETAIL = new Set(['media', 'unknown'])

/** Why an encoder that had the right key was not let in, and the service's own words where they say more. */
export function refusedLine({ code, reason }: { code: string; reason: string }): { what: MessageKey; advice: MessageKey; detail: string } {
  const key = REFUSED.has(code) ? code : 'unknown'
  return {
    what: `studio.health.refused.${key}.what` as MessageKey,
    advice: `studio.health.refused.${key}.do` as MessageKey,
    detail: IN_DETAIL.has(key) ? reason : '',
  }
}

/** What somebody without an encoder can do about it; these have words of their own. */
const BOOTH_ADVICE = new Set(['stalled', 'no_audio', 'no_video', 'no_key_frame', 'key_interval', 'fps_low', 'timestamps_repaired'])
/** The browser chooses the rate: little for a page that stands still. Whether the network carries it is said elsewhere. */
const NOT_IN_BOOTH = new Set(['bitrate_low'])

/**
 * The notes as lines, for who uses an encoder or for who sends from the booth; a code this page does not know yet is
 * said as "something is not as it should be".
 */
export function healthLines(notes: readonly Note[], booth = false): HealthLine[] {
  const shown = notes.filter(({ code }) => !booth || !NOT_IN_BOOTH.has(code))
  return shown.map(({ code, value }) => {
    const known = code in SEVERITY
    const key = known ? code : 'unknown'
    return {
      code,
      severity: SEVERITY[code] ?? 'warn',
      what: `studio.health.${key}.what` as MessageKey,
      advice: (booth && BOOTH_ADVICE.has(code) ? `studio.booth.health.${code}` : `studio.health.${key}.do`) as MessageKey,
      params: { value: value === null || value === undefined ? '' : figure(code, value), code },
    }
  })
}
