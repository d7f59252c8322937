/**
 * What this device heard last of each episode, by member: a shared phone keeps two people apart. The server knows it, too, once
 * the beats have arrived; this is for the time in between.
 */
import type { OwnPlace } from './resume'
import type { AudioOptions } from './types'

const KEY = 'yunke.heard.'
/** Of more, those heard longest ago are forgotten: the server has them. */
export const KEPT_PLACES = 100

export function ownPlaces(memberId: string, storage: () => Storage): AudioOptions['places'] {
  const key = KEY + memberId
  /** As this tab read or wrote it last; all there is where storage is blocked. */
  let kept: Record<string, OwnPlace> = {}
  let raw: string | null = null
  /** Read again each time: another tab writes, too. */
  const read = (): Record<string, OwnPlace> => {
    try {
      const now = storage().getItem(key)
      if (now === null || now === raw) return kept
      raw = now
      const parsed: unknown = JSON.parse(now)
      if (typeof parsed === 'object' && parsed !== null)
        kept = Object.fromEntries(Object.entries(parsed).filter(([, place]) => isPlace(place)))
    } catch {
      // storage is blocked or holds something else: the server's places will do
    }
    return kept
  }
  return {
    get: (id) => read()[id] ?? null,
    set: (id, place) => {
      const all = { ...read(), [id]: place }
      const ids = Object.keys(all)
      if (ids.length > KEPT_PLACES) {
        ids.sort((a, b) => all[a]!.heardAt - all[b]!.heardAt)
        for (const old of ids.slice(0, ids.length - KEPT_PLACES)) delete all[old]
      }
      kept = all
      try {
        const text = JSON.stringify(all)
        storage().setItem(key, text)
        raw = text
      } catch {
        // for this visit
      }
    },
  }
}

function isPlace(value: unknown): value is OwnPlace {
  const place = value as OwnPlace | null
  return typeof place === 'object' && place !== null && Number.isFinite(place.positionMs) && Number.isFinite(place.heardAt)
}
