/** Shapes of the library, from the server's own document. Times (`*_at`) are UTC milliseconds, lengths (`*_ms`) milliseconds. */
import type { components } from '@/api/schema'

type Schemas = components['schemas']

export type Place = Schemas['PlaceView']
export type EpisodeCard = Schemas['EpisodeCard']
export type SeriesCard = Schemas['SeriesCard']
export type Shelf = Schemas['Shelf']
/** `episodes` is their number on a card, and all of them on the page of a series. */
export type SeriesDetail = Omit<Schemas['SeriesDetail'], 'episodes'> & { episodes: EpisodeCard[] }
export type EpisodeDetail = Schemas['EpisodeDetail']
export type Cue = Schemas['CueView']
export type Found = Schemas['LibraryHits']
