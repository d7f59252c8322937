/**
 * What of a lesson is played: all of it, the sound alone, or the picture alone. Pure; every reason to leave something out
 * is weighed here and nowhere else.
 */

import type { Tracks } from '@/api/types'

export type { Tracks }

/** Which source plays. Where the member chose 仅听声音 the sound is all that is asked for. */
export type Course = 'all' | 'sound' | 'picture'

/** A stretch of the lesson in which one rendition has nothing while the other goes on. UTC milliseconds, half open. */
export interface Hole {
  from: number
  to: number
  /** The rendition that has nothing. */
  lacks: 'picture' | 'sound'
}

/** Before a hole by so much the other source is opened: what is buffered ends where the hole begins. */
const AHEAD_MS = 400
/** A hole is not entered for less than this, so that nothing is thrown to and fro at its end. */
const WORTH_MS = 500

/** The hole that plays or begins at once. */
export function holeAt(holes: readonly Hole[], date: number | null, course: Course): Hole | null {
  if (date === null) return null
  return holes.find(({ from, to, lacks }) => {
    const already = course === (lacks === 'picture' ? 'sound' : 'picture')
    return date >= from - AHEAD_MS && date < to - (already ? 0 : WORTH_MS)
  }) ?? null
}

export interface Situation {
  /** The network carries no picture. */
  weak: boolean
  hole: Hole | null
  /** There is a source of the sound alone beside the one that was asked for. */
  soundAlone: boolean
  /** The engine can leave the sound out. */
  pictureAlone: boolean
}

/** What of the lesson is played now. */
export function courseOf({ weak, hole, soundAlone, pictureAlone }: Situation): Course {
  if (hole?.lacks === 'sound') return pictureAlone ? 'picture' : 'all'
  return soundAlone && (weak || hole !== null) ? 'sound' : 'all'
}

/** `loaded` cannot play something that is offered by now. */
export function lacks(loaded: Tracks | null, offered: Tracks | null | undefined): boolean {
  return loaded !== null && offered != null && ((offered.picture && !loaded.picture) || (offered.sound && !loaded.sound))
}

/** What a multivariant playlist offers; null if it is none. */
export function offeredBy(multivariant: string): Tracks | null {
  if (!multivariant.startsWith('#EXTM3U')) return null
  const variants = multivariant.split('\n').filter((line) => line.startsWith('#EXT-X-STREAM-INF:'))
  if (variants.length === 0) return null
  return {
    picture: variants.some((line) => /RESOLUTION=|CODECS="[^"]*\b(avc|hvc|hev)1/.test(line)),
    sound: multivariant.includes('#EXT-X-MEDIA:TYPE=AUDIO') || variants.some((line) => /CODECS="[^"]*\bmp4a/.test(line)),
  }
}

/** The multivariant playlist without its sound: the picture alone. */
export function withoutSound(multivariant: string): string {
  const kept: string[] = []
  const lines = multivariant.split('\n')
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at]!
    if (line.startsWith('#EXT-X-MEDIA:TYPE=AUDIO')) continue
    if (!line.startsWith('#EXT-X-STREAM-INF:')) kept.push(line)
    // Of sound alone: it and its address.
    else if (!line.includes('RESOLUTION=')) at += 1
    else kept.push(line.replace(/,AUDIO="[^"]*"/, '').replace(/,mp4a[^",]*/, ''))
  }
  return kept.join('\n')
}

/** Whether a live media playlist goes on with so many seconds of media at its end. */
export function goesOn(playlist: string, seconds: number): boolean {
  let [gap, length, media, parts] = [false, 0, 0, 0]
  for (const line of playlist.split('\n')) {
    if (line.startsWith('#EXT-X-GAP')) gap = true
    else if (line.startsWith('#EXTINF:')) length = Number.parseFloat(line.slice(8))
    else if (line.startsWith('#EXT-X-PART:')) parts = line.includes('GAP=YES') ? 0 : parts + Number.parseFloat(/DURATION=([\d.]+)/.exec(line)?.[1] ?? '0')
    // The parts before it were its own.
    else if (line !== '' && !line.startsWith('#')) [media, parts, gap] = [gap ? 0 : media + length, 0, false]
  }
  return media + parts >= seconds
}

/** The date up to which a live media playlist has media, parts included; null if it does not say. */
export function endOf(playlist: string): number | null {
  let [at, parts]: [number | null, number] = [null, 0]
  for (const line of playlist.split('\n')) {
    if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) [at, parts] = [Date.parse(line.slice(25)), 0]
    else if (line.startsWith('#EXTINF:')) [at, parts] = [at === null ? null : at + Number.parseFloat(line.slice(8)) * 1000, 0]
    else if (line.startsWith('#EXT-X-PART:')) parts += Number.parseFloat(/DURATION=([\d.]+)/.exec(line)?.[1] ?? '0') * 1000
  }
  return at === null || Number.isNaN(at) ? null : at + parts
}
