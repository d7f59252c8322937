/**
 * Where the lesson stands, as one value the lecturer's page shows: before, on air, away, over. Pure:
 * the clock and what the room said come in, nothing goes out.
 */
import type { StaffRoomState } from '@/staff/room/types'

export interface StageInput {
  phase: string
  /** null until the room or the API said so. */
  publisher: { last_media_at: number; video: unknown; audio: unknown } | null
  outage_since: number | null
  /** What keeps a lesson that was started from going on air. */
  waiting_for: StaffRoomState['waiting_for']
  zero_at: number | null
  /** When the lesson was started, before media has said where zero is. */
  started_at: number | null
  planned_start_at: number
  planned_end_at: number
  /** The room's socket is open. */
  connected: boolean
  /** The media service answers the server. */
  mediaUp: boolean
  /** Server time, milliseconds. */
  now: number
}

export type Picture = 'none' | 'waiting' | 'sound_only' | 'arriving'
export type Stage = 'before' | 'starting' | 'on_air' | 'away' | 'ended' | 'cancelled'
export type StartBlock = 'no_picture' | 'not_connected' | 'media_down' | null

export interface StageView {
  stage: Stage
  picture: Picture
  /** Why 开始上课 cannot be pressed; null: it can. */
  startBlock: StartBlock
  /** Pressing it now is so early that the page asks first. */
  early: boolean
  /** To the planned start; negative once it has passed. Before the lesson only. */
  untilStartMs: number
  elapsedMs: number
  /** To the planned end; negative: over time. */
  remainingMs: number
  awayMs: number
  /** It was started and is not on air: for want of this. */
  waits: 'media' | 'key_frame' | null
}

/** Starting earlier than this before the plan is probably a slip: ask. */
export const EARLY_MS = 10 * 60_000

function pictureOf(publisher: StageInput['publisher']): Picture {
  if (!publisher) return 'none'
  if (publisher.video) return 'arriving'
  return publisher.audio ? 'sound_only' : 'waiting'
}

export function stageView(s: StageInput): StageView {
  const picture = pictureOf(s.publisher)
  const stage = stageOf(s)
  const begun = s.zero_at ?? s.started_at
  const untilStartMs = s.planned_start_at - s.now
  const arriving = picture === 'arriving' || picture === 'sound_only'
  return {
    stage,
    picture,
    startBlock: !s.connected ? 'not_connected' : !s.mediaUp ? 'media_down' : arriving ? null : 'no_picture',
    early: untilStartMs > EARLY_MS,
    untilStartMs,
    elapsedMs: begun === null ? 0 : Math.max(0, s.now - begun),
    remainingMs: s.planned_end_at - s.now,
    waits: stage === 'starting' ? s.waiting_for : null,
    awayMs: s.outage_since === null ? 0 : Math.max(0, s.now - s.outage_since),
  }
}

function stageOf(s: StageInput): Stage {
  if (s.phase === 'cancelled') return 'cancelled'
  if (s.phase === 'ended') return 'ended'
  if (s.phase !== 'live') return 'before'
  if (s.outage_since !== null) return 'away'
  return s.zero_at === null ? 'starting' : 'on_air'
}

/** `1:02:03`, `12:03`; the sign is the caller's. */
export function clock(ms: number): string {
  const total = Math.floor(Math.abs(ms) / 1000)
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60]
  const mm = h > 0 ? String(m).padStart(2, '0') : String(m)
  return `${h > 0 ? `${h}:` : ''}${mm}:${String(s).padStart(2, '0')}`
}
