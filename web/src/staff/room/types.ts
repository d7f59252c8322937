/** Shapes of a lesson's room for its staff. */
import type { components } from '@/api/schema'

type Schemas = components['schemas']
export type HealthNote = Schemas['HealthNote']
export type Publisher = Schemas['Publisher']
export type RefusedPublisher = Schemas['RefusedPublisher']
export type Counts = Schemas['Counts']

type StaffOnly = 'publisher' | 'refused' | 'waiting_for' | 'outage_since'
/** A room state with what only staff receive, null where there is none. */
export type StaffRoomState = Omit<Schemas['RoomState'], StaffOnly> & { [K in StaffOnly]: NonNullable<Schemas['RoomState'][K]> | null }
