/** Writes down where an episode is being heard: now and then while sound comes, and whenever it stops. Never of a page that was only opened. */
import type { Device } from '../platform'
import { END_MS, SAME_MS, type Place } from './resume'
import type { AudioOptions, AudioState } from './types'

const EVERY_MS = 3000

export class Memory {
  private at = Number.NEGATIVE_INFINITY

  /** When this page heard it last. */
  private heardAt = Number.NEGATIVE_INFINITY

  constructor(private readonly options: Pick<AudioOptions, 'places' | 'now' | 'serverNow'>) {}

  keep({ track, positionMs, lengthMs }: AudioState, how: 'while' | 'stopped' | 'ended'): void {
    const now = this.options.now()
    if (!track || (how === 'while' && now - this.at < EVERY_MS)) return
    this.at = now
    const finished = how === 'ended' || (lengthMs > 0 && positionMs >= lengthMs - END_MS)
    this.heardAt = this.options.serverNow()
    this.options.places.set(track.id, { positionMs: Math.round(positionMs), heardAt: this.heardAt, finished })
  }

  /** Another tab of this browser went on with it since, and elsewhere. */
  elsewhere({ track, positionMs }: AudioState, device: Device): Place | null {
    const place = track && this.options.places.get(track.id)
    if (!place || place.finished || place.heardAt <= this.heardAt || Math.abs(place.positionMs - positionMs) <= SAME_MS) return null
    return { position_ms: place.positionMs, heard_at: place.heardAt, device, finished: false }
  }
}
