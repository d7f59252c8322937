/** Shapes of the library, from the server's own document. Times (`*_at`) are UTC milliseconds, lengths (`*_ms`) milliseconds. */
import type { components } from '@/api/schema'

type Schemas = components['schemas']

export type Place = Schemas['PlaceView']
export type EpisodeCard = Schemas['EpisodeCard']
export type SeriesCard = Schemas['SeriesCard']
export type Shelf = Schemas['Shelf']
export type SeriesDetail = Schemas['SeriesDetail']
export type EpisodeDetail = Schemas['EpisodeDetail']
export type Cue = Schemas['CueView']
export type Found = Schemas['LibraryHits']
