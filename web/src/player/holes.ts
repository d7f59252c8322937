/**
 * Where one rendition of a lesson has nothing while the other goes on, out of the two media playlists. Pure. What both
 * lack is an outage of the lecturer, which every player steps over by itself.
 */
import type { Hole } from './renditions'

/** A segment as a playlist lists it. */
export interface ListedSegment {
  /** UTC milliseconds of its first frame; null while unknown. */
  programDateTime: number | null
  /** Seconds. */
  duration: number
  gap?: boolean
}

type Span = [from: number, to: number]

/** Less is a matter of rounding. */
const LEAST_MS = 250

/** Holes of both, in order. `whole`: the playlists have all there is, so what one of them does not list it does not have. */
export function holesOf(picture: readonly ListedSegment[], sound: readonly ListedSegment[], whole: boolean): Hole[] {
  const [seen, heard] = [mediaOf(picture), mediaOf(sound)]
  if (seen.length === 0 || heard.length === 0) return []
  const common: Span = [Math.max(picture[0]!.programDateTime!, sound[0]!.programDateTime!), Math.min(endOf(picture), endOf(sound))]
  // What is asked for before the first frame begins with it.
  const first = Math.min(seen[0]![0], heard[0]![0])
  const clip = (spans: Span[]) => (whole ? spans : spans.map(([from, to]): Span => [Math.max(from, common[0]), Math.min(to, common[1])]))
  const only = (has: Span[], without: Span[], lacks: Hole['lacks']) =>
    clip(minus(has, without)).filter(([from, to]) => to - from > LEAST_MS).map(([from, to]) => ({ from: whole && from === first ? Number.NEGATIVE_INFINITY : from, to, lacks }))
  return [...only(heard, seen, 'picture'), ...only(seen, heard, 'sound')].sort((a, b) => a.from - b.from)
}

function endOf(list: readonly ListedSegment[]): number {
  const last = list.at(-1)!
  return last.programDateTime! + last.duration * 1000
}

/** Stretches with media; none if a segment has no date, as nothing can be said then. */
function mediaOf(list: readonly ListedSegment[]): Span[] {
  const spans: Span[] = []
  for (const { programDateTime: from, duration, gap } of list) {
    if (from === null) return []
    if (gap) continue
    const last = spans.at(-1)
    const to = from + duration * 1000
    if (last && from - last[1] < LEAST_MS) last[1] = Math.max(last[1], to)
    else spans.push([from, to])
  }
  return spans
}

/** What is in `these` and not in `others`; both in order. */
function minus(these: readonly Span[], others: readonly Span[]): Span[] {
  const rest: Span[] = []
  for (const [from, to] of these) {
    let at = from
    for (const [start, end] of others) {
      if (end <= at || start >= to) continue
      if (start > at) rest.push([at, start])
      at = Math.max(at, end)
    }
    if (at < to) rest.push([at, to])
  }
  return rest
}
