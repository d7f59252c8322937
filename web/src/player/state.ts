/** What a page can show of the player, and nothing else. */
import type { Problem } from '@/api/problem'
import type { Phase, Progress, RoomState } from '@/api/types'
import type { Quality } from './engine'
import type { Course } from './pilot'
import type { Link } from './room'

export type Stage =
  /** Getting a lease. */
  | 'opening'
  /** The lesson has not begun. */
  | 'waiting'
  /** There is something to play; one tap plays it. */
  | 'ready'
  /** The tap was made, nothing moves yet. */
  | 'starting'
  | 'playing'
  | 'paused'
  | 'buffering'
  /** It stopped and is being brought back. */
  | 'reconnecting'
  /** The lecturer's picture is missing. */
  | 'away'
  /** The end was reached. */
  | 'over'
  /** Cancelled. */
  | 'cancelled'
  /** This device cannot play it, or the server will not let it. */
  | 'failed'

export interface PlayerState {
  stage: Stage
  source: 'live' | 'replay' | null
  mode: 'video' | 'audio'
  room: RoomState | null
  progress: Progress | null
  /** On the lesson's timeline. */
  positionMs: number | null
  /** What of the lesson the replay shows, on its timeline; `outMs` null: to its end. */
  inMs: number
  outMs: number | null
  behindLiveMs: number | null
  rate: number
  quality: Quality
  /** There is more than one picture to choose from. */
  choices: boolean
  /** What of the lesson plays; the sound alone for a reason of its own, not by the member's choice. */
  course: Course
  /** The network carries no picture. */
  weak: boolean
  /** What is missing although it should be there. `pictured`: the lecturer's last picture stands in its place, else a plain one. */
  missing: { picture: boolean; sound: boolean; pictured: boolean }
  /** A picture has been seen; under the sound alone the last one stays. */
  seen: boolean
  /** Will play by itself when the lesson begins. */
  armed: boolean
  link: Link
  pending: number
  problem: Problem | null
}

export const firstState: PlayerState = {
  stage: 'opening',
  source: null,
  mode: 'video',
  room: null,
  progress: null,
  positionMs: null,
  inMs: 0,
  outMs: null,
  behindLiveMs: null,
  rate: 1,
  quality: 'auto',
  choices: false,
  course: 'all',
  weak: false,
  missing: { picture: false, sound: false, pictured: true },
  seen: false,
  armed: false,
  link: 'connecting',
  pending: 0,
  problem: null,
}

/** What one tap moves the replay by. */
export const JUMP_MS = 15_000
/** Further behind than this, "back to live" is offered. */
export const BEHIND_MS = 8000

/** It plays, or will by itself: the button says 暂停. */
export const isGoing = ({ stage }: PlayerState): boolean => ['playing', 'buffering', 'starting', 'reconnecting', 'away'].includes(stage)

/** Which source a lesson in this phase is played from. */
export function sourceOf(phase: Phase): 'live' | 'replay' | null {
  if (phase === 'live') return 'live'
  return phase === 'ended' ? 'replay' : null
}
