/**
 * Where a recording lacks a track, so that the page can say so: a still, or silence, stands in for it (docs/adr/0027). The
 * multivariant playlist tells (docs/STREAMING.md). Pure.
 */

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
