/** Shapes of the library's API. Times (`*_at`) are UTC milliseconds, lengths (`*_ms`) milliseconds, ids UUIDs. */
import type { Credit } from '@/api/types'
import type { AudioChapter, Place } from '@/player/audio/types'

export type { Place } from '@/player/audio/types'

export interface Named {
  id: string
  name: string
}

export interface EpisodeCard {
  id: string
  series_id: string
  series_title: string
  number: number | null
  title: string
  speaker: Named | null
  length_ms: number
  published_at: number | null
  cover: string | null
  place: Place | null
  counted_ms: number | null
  credit: Credit | null
}

export interface SeriesCard {
  id: string
  title: string
  category: string
  speaker: Named | null
  episodes: number
  length_ms: number
  cover: string | null
  favourite: boolean
  /** Episodes heard to their end. */
  heard: number
  published_at: number | null
}

export interface Heard {
  episode: EpisodeCard
  place: Place
}

export interface Shelf {
  continue: Heard[]
  new: EpisodeCard[]
  series: SeriesCard[]
  categories: { name: string; series: number }[]
  speakers: (Named & { series: number })[]
  listened: { week_ms: number; year_ms: number }
}

export interface SeriesDetail extends Omit<SeriesCard, 'episodes'> {
  about: string
  episodes: EpisodeCard[]
  /** Where to go on. */
  next: string | null
}

export interface EpisodeDetail extends EpisodeCard {
  about: string
  chapters: AudioChapter[]
  transcript: boolean
  waveform: string | null
  previous: string | null
  next: string | null
}

export interface Cue {
  from_ms: number
  to_ms: number
  text: string
}

export interface Transcript {
  cues: Cue[]
  /** Plain text: its lines have no times. */
  untimed: boolean
}

export interface Found {
  series: SeriesCard[]
  episodes: EpisodeCard[]
  speakers: Named[]
}

export interface SeriesPage {
  series: SeriesCard[]
  total: number
}

export interface HistoryPage {
  entries: Heard[]
  total: number
}
