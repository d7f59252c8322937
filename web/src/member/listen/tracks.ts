/** What the player says of an episode, from what the server says of it. Pure. */
import type { Track } from '@/player/audio/types'
import type { EpisodeCard, EpisodeDetail } from './types'

const card = (episode: EpisodeCard): Pick<Track, 'id' | 'title' | 'series' | 'speaker' | 'cover' | 'lengthMs'> => ({
  id: episode.id,
  title: episode.title,
  series: episode.series_title,
  speaker: episode.speaker?.name ?? '',
  cover: episode.cover,
  lengthMs: episode.length_ms,
})

export const hintOf = card

export const trackOf = (episode: EpisodeDetail): Track => ({
  ...card(episode),
  chapters: episode.chapters,
  previous: episode.previous,
  next: episode.next,
})

/** The share of an episode that was heard last, 0..1; null: never begun. */
export function heardShare({ place, length_ms: length }: EpisodeCard): number | null {
  if (!place || length <= 0) return null
  return place.finished ? 1 : Math.min(1, Math.max(0, place.position_ms / length))
}
