/** Shapes of the library's API for organizers. */

export type EpisodeState = 'receiving' | 'queued' | 'running' | 'failed' | 'ready' | 'published' | 'withdrawn'
export type AudioStep = 'probe' | 'loudness' | 'encode' | 'waveform' | 'cover'
export type SeriesCredit = 'episode' | 'none'

export interface ConsoleEpisode {
  id: string
  number: number | null
  title: string
  about: string
  speaker: { id: string; name: string } | null
  state: EpisodeState
  step: AudioStep | null
  percent: number | null
  /** Of the newest file. */
  received: number
  bytes: number
  /** Why it failed. */
  code: string | null
  length_ms: number | null
  file_name: string
  /** A draft has none. */
  publish_at: number | null
  transcript: boolean
}

export interface ConsoleSeries {
  id: string
  title: string
  about: string
  category: string
  unit_id: string
  unit_name: string
  public: boolean
  credit: SeriesCredit
  cover: string | null
  count: number
  published: number
  /** Files that failed or are on their way. */
  unsettled: number
  length_ms: number
}

export interface SeriesList {
  series: ConsoleSeries[]
  categories: string[]
}

export interface ConsoleSeriesDetail extends ConsoleSeries {
  episodes: ConsoleEpisode[]
  /** Their order by the names of their files. */
  by_file_name: string[]
}

export interface SeriesFields {
  title: string
  about: string
  category: string
  public: boolean
  credit: SeriesCredit
}

export interface EpisodeEdit {
  title?: string
  about?: string
  number?: number | null
  speaker_name?: string
  speaker_id?: null
  withdrawn?: boolean
  publish_at?: number | null
}

export interface Chapter {
  at_ms: number
  title: string
}
