/** Which of an episode's renditions this device plays. Pure. */
import type { Sound } from './types'

/** With the data saver the smallest that plays, else the best; null: nothing here plays any of them. */
export function choose(sounds: readonly Sound[], saver: boolean, plays: (mime: string) => boolean): Sound | null {
  const playable = sounds.filter(({ mime }) => plays(mime))
  if (!saver) return playable[0] ?? null
  return playable.reduce<Sound | null>((least, one) => (least === null || one.kbps < least.kbps ? one : least), null)
}
