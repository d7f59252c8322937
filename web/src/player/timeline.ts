/**
 * From a media element's own clock to the world's, by EXT-X-PROGRAM-DATE-TIME. A lesson's position is that date minus the
 * lesson's zero, live and in the replay alike; the element's `currentTime` means nothing outside of the element.
 */
export interface DatedFragment {
  /** Where it starts on the element's clock, seconds. */
  start: number
  /** Seconds. */
  duration: number
  /** When its first frame was sent, UTC milliseconds; null while unknown. */
  programDateTime: number | null
}

/** The date of the frame at `time` seconds; null when the fragments do not say. */
export function dateAt(fragments: readonly DatedFragment[], time: number): number | null {
  let low = 0
  let high = fragments.length - 1
  let found: DatedFragment | undefined
  while (low <= high) {
    const middle = (low + high) >> 1
    const fragment = fragments[middle]!
    if (fragment.start <= time) {
      found = fragment
      low = middle + 1
    } else high = middle - 1
  }
  found ??= fragments[0]
  if (!found || found.programDateTime === null) return null
  return found.programDateTime + (time - found.start) * 1000
}

/** Where the frame of that date is, seconds; inside a hole it is the first frame after it. Null without dates. */
export function timeAt(fragments: readonly DatedFragment[], date: number): number | null {
  let last: number | null = null
  for (const fragment of fragments) {
    if (fragment.programDateTime === null) continue
    const into = date - fragment.programDateTime
    if (into < 0) return fragment.start
    if (into < fragment.duration * 1000) return fragment.start + into / 1000
    last = fragment.start + fragment.duration
  }
  return last
}
