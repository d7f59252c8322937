/**
 * Shapes of the API, from the server's own document (`npm run api`). Times (`*_at`) are UTC milliseconds, lengths (`*_ms`)
 * milliseconds, ids UUIDs.
 */
import type { components } from './schema'

type Schemas = components['schemas']

export type Credit = Schemas['Credit']

export type Phase = Schemas['LessonPhase']
export type OnAir = Schemas['OnAir']
export type RoleName = Schemas['RoleName']
export type Role = Schemas['MyRole']
export type Me = Schemas['Me']
export type Progress = Schemas['Progress']
export type LessonCard = Schemas['LessonCard']
/** The page keeps it up to date from the room, where the edge is null before the start. */
export type Lesson = Omit<Schemas['LessonDetail'], 'edge_ms'> & { edge_ms: number | null }
export type Gap = Schemas['Gap']
/** A stretch of the timeline, half-open. */
export type Piece = Schemas['Piece']
export type Home = Schemas['Home']
export type LeaseGrant = Schemas['LeaseGrant']
export type ReplayView = Schemas['ReplayView']
export type Captions = Schemas['CaptionsView']
export type Chapter = Schemas['ChapterView']
export type RecordPage = Schemas['RecordPage']
export type MyRecord = Schemas['MyRecord']
export type ListenedEpisode = Schemas['ListenedEpisode']
export type EvidenceInterval = Schemas['EvidenceInterval']
export type Publisher = Schemas['Publisher']
export type DeviceClass = Schemas['DeviceClass']

export type Question = Schemas['MyQuestion']
export type QuestionState = Schemas['QuestionState']
export type Discussion = Schemas['Talk']
export type MemberQuestion = Schemas['MemberQuestion']
export type PrivateNote = Schemas['NoteView']

export type WorkStatus = Schemas['WorkStatus']
export type FillPlan = Schemas['FillPlan']
export type LessonFill = Schemas['LessonFill']
export type LessonFills = Schemas['LessonFills']

export type BeatState = Schemas['BeatState']
export type BeatCause = Schemas['BeatCause']
export type Beat = Schemas['BeatIn']

/** The last four are for staff only, and missing for everybody else. */
export type RoomState = Schemas['RoomState']

/** What came of beats that were sent up. `seq` is null for a beat that could not even be read. */
export type BeatsAnswer = Omit<Schemas['Handed'], 'state'>
