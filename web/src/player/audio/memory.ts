/** Writes down where an episode is being heard: now and then while sound comes, and whenever it stops. Never of a page that was only opened. */
import { END_MS } from './resume'
import type { AudioOptions, AudioState } from './types'

const EVERY_MS = 3000

export class Memory {
  private at = Number.NEGATIVE_INFINITY

  constructor(private readonly options: Pick<AudioOptions, 'places' | 'now' | 'serverNow'>) {}

  keep({ track, positionMs, lengthMs }: AudioState, how: 'while' | 'stopped' | 'ended'): void {
    const now = this.options.now()
    if (!track || (how === 'while' && now - this.at < EVERY_MS)) return
    this.at = now
    const finished = how === 'ended' || (lengthMs > 0 && positionMs >= lengthMs - END_MS)
    this.options.places.set(track.id, { positionMs: Math.round(positionMs), heardAt: this.options.serverNow(), finished })
  }
}
