/** Which stage follows from what the room and the media element report. Pure. */
import type { RoomState } from '@/api/types'
import type { PlayerState, Stage } from './state'

const IDLE: Record<RoomState['phase'], Stage> = { planned: 'waiting', live: 'ready', ended: 'ready', cancelled: 'cancelled' }

/** The stage of a page on which nothing plays; another one stays. */
export function idleStage({ room, source, stage }: PlayerState): Stage {
  return !room || source !== null || stage === 'over' || stage === 'failed' ? stage : IDLE[room.phase]
}

/** Media does not move although it should. */
export function standingStage({ room, source, stage }: PlayerState, why: 'buffering' | 'reconnecting'): Stage {
  if (source === 'live' && room?.on_air === 'lecturer_away') return 'away'
  if (why === 'reconnecting') return why
  // It has not begun, or was found to be broken before: buffering is less than either.
  return stage === 'starting' || stage === 'reconnecting' ? stage : why
}
