/**
 * Where a recording lacks a track, so that the page can say so: a still, or silence, stands in for it (docs/adr/0027). It
 * stands in the multivariant playlist (docs/STREAMING.md). Pure.
 */
import type { PlayerState } from './state'

/** A stretch on the lesson's timeline, milliseconds, half open. */
export type Stretch = [from: number, to: number]

export interface Lacks {
  picture: Stretch[]
  sound: Stretch[]
}

export const NOTHING: Lacks = { picture: [], sound: [] }

const LINE = /^#EXT-X-SESSION-DATA:DATA-ID="org\.yunke\.without-(picture|sound)",VALUE="([-\d,]*)"/

export function lacksOf(multivariant: string): Lacks {
  const lacks: Lacks = { picture: [], sound: [] }
  for (const line of multivariant.split('\n')) {
    const [, track, stretches] = LINE.exec(line) ?? []
    if (track !== 'picture' && track !== 'sound') continue
    lacks[track] = stretches!.split(',').map((stretch): Stretch => {
      const [from, to] = stretch.split('-').map(Number)
      return [from ?? Number.NaN, to ?? Number.NaN]
    })
  }
  return lacks
}

/** What is missing at a position; `pictured`: there was a picture before, which stands there. */
export function lackAt({ picture, sound }: Lacks, at: number): { picture: boolean; sound: boolean; pictured: boolean } {
  const within = (stretches: Stretch[]) => stretches.find(([from, to]) => at >= from && at < to)
  const dark = within(picture)
  return { picture: dark !== undefined, sound: within(sound) !== undefined, pictured: dark === undefined || dark[0] > 0 }
}

/** What should be there now and is not: the room knows it live, the playlist of a recording. */
export function missingNow({ room, source, positionMs }: PlayerState, lacks: Lacks): PlayerState['missing'] {
  if (source === 'replay' && positionMs !== null) return lackAt(lacks, positionMs)
  const tracks = source === 'live' && room?.on_air === 'on_air' ? room.tracks : null
  return { picture: tracks?.picture === false, sound: tracks?.sound === false, pictured: tracks?.pictured ?? true }
}
