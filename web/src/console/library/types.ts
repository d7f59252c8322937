/** Shapes of the library for organizers, from the server's own document. */
import type { components } from '@/api/schema'

type Schemas = components['schemas']

export type EpisodeState = Schemas['EpisodeState']
export type ConsoleEpisode = Schemas['ConsoleEpisode']
export type ConsoleSeries = Schemas['ConsoleSeries']
export type ConsoleSeriesDetail = Schemas['ConsoleSeriesDetail']
/** What is not given stays. */
export type EpisodeEdit = Schemas['EpisodeEditRequest']
export type Chapter = Schemas['ChapterRequest']
export type ConsoleSpeaker = Schemas['ConsoleSpeaker']
export type SpeakerFields = Required<Schemas['SpeakerRequest']>
export type SeriesFields = Pick<Schemas['ConsoleSeries'], 'title' | 'about' | 'category' | 'public' | 'credit' | 'rule_id'>
