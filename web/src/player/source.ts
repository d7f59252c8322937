/** What a lesson plays from. */
import type { LeaseGrant } from '@/api/types'

export interface Source {
  kind: 'live' | 'replay'
  url: string
  /** The sound alone of it; null where `url` is that. */
  listen: string | null
  /** Where the same picture comes by WHEP; null where it does not. */
  whep: string | null
}

/** What a lease gives to play; null where it was given before there was any. */
export function sourceIn(grant: LeaseGrant | null, kind: Source['kind'], mode: 'video' | 'audio'): Source | null {
  if (!grant) return null
  const sound = mode === 'audio'
  const url = kind === 'live' ? (sound ? grant.live_audio_url : grant.live_url) : sound ? grant.replay_audio_url : grant.replay_url
  const listen = sound ? null : kind === 'live' ? grant.live_audio_url : grant.replay_audio_url
  return url === null ? null : { kind, url, listen, whep: kind === 'live' && !sound ? grant.whep_url : null }
}
