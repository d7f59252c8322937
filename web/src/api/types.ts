/**
 * Shapes of the API, from the server's own document (`npm run api`). Times (`*_at`) are UTC milliseconds, lengths (`*_ms`)
 * milliseconds, ids UUIDs.
 */
import type { components } from './schema'

type Schemas = components['schemas']

export type Credit = 'none' | 'half' | 'full'

/**
 * As the server sends it: what may be missing in the document is always there, perhaps as null; `credit` is one of three.
 */
export type Sent<T> = T extends readonly (infer U)[]
  ? Sent<U>[]
  : T extends object
    ? { [K in keyof T]-?: K extends 'credit' ? Credit : Sent<Exclude<T[K], undefined>> }
    : T

export type Phase = Schemas['LessonPhase']
export type OnAir = Schemas['OnAir']
export type RoleName = Schemas['RoleName']
export type Role = Sent<Schemas['MyRole']>
export type Me = Sent<Schemas['Me']>
export type Progress = Sent<Schemas['Progress']>
export type LessonCard = Sent<Schemas['LessonCard']>
/** The page keeps it up to date from the room, where the edge is null before the start. */
export type Lesson = Omit<Sent<Schemas['LessonDetail']>, 'edge_ms'> & { edge_ms: number | null }
export type Gap = Sent<Schemas['Gap']>
export type Home = Sent<Schemas['Home']>
export type LeaseGrant = Sent<Schemas['LeaseGrant']>
export type RecordPage = Sent<Schemas['RecordPage']>
export type MyRecord = Sent<Schemas['MyRecord']>
export type EvidenceInterval = Sent<Schemas['EvidenceInterval']>
export type Publisher = Sent<Schemas['Publisher']>
export type DeviceClass = Schemas['DeviceClass']

export type BeatState = Schemas['BeatState']
export type BeatCause = Schemas['BeatCause']
export type Beat = Sent<Schemas['BeatIn']>

/** The last two are for staff only, and missing for everybody else. */
export type RoomState = Omit<Sent<Schemas['RoomState']>, 'publisher' | 'outage_since'> & {
  publisher?: Publisher | null
  outage_since?: number | null
}

export interface BeatsAnswer {
  acked: number[]
  /** `seq` is null for a beat that could not even be read. */
  refused: { seq: number | null; code: string }[]
  progress: Progress | null
}
