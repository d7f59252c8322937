/** Shapes of the API. Times (`*_at`) are UTC milliseconds, lengths (`*_ms`) milliseconds, ids UUIDs. */

export type Phase = 'planned' | 'live' | 'ended' | 'cancelled'
export type OnAir = 'waiting' | 'on_air' | 'lecturer_away' | 'ended'
export type Credit = 'none' | 'half' | 'full'
export type RoleName = 'member' | 'lecturer' | 'organizer'

export interface Role {
  role: RoleName
  unit_id: string
  unit_name: string
}

export interface Me {
  id: string
  name: string
  phone_masked: string
  branch: { id: string; name: string } | null
  roles: Role[]
  locale: string
}

export interface Progress {
  counted_ms: number
  needed_full_ms: number
  needed_half_ms: number
  lesson_ms: number
  credit: Credit
  hours_milli: number
}

export interface LessonCard {
  id: string
  title: string
  lecturer_name: string
  unit_name: string
  planned_start_at: number
  planned_end_at: number
  phase: Phase
  started_at: number | null
  length_ms: number | null
  viewers_now: number
  replay_ready: boolean
  my_progress: Progress | null
}

export interface Gap {
  from_ms: number
  to_ms: number
}

export interface Lesson extends LessonCard {
  summary: string
  zero_at: number | null
  edge_ms: number | null
  gaps: Gap[]
  on_air: OnAir
  rule: { full_percent: number; half_percent: number }
  may: { watch: boolean; run: boolean; organize: boolean }
}

export interface Home {
  now: number
  live: LessonCard[]
  today: LessonCard[]
  upcoming: LessonCard[]
  replays: LessonCard[]
  progress: { year: number; earned_hours_milli: number; target_hours_milli: number }
}

export interface LeaseGrant {
  lease: string
  lease_id: string
  lesson_id: string
  expires_at: number
  live_url: string | null
  live_audio_url: string | null
  replay_url: string | null
  replay_audio_url: string | null
  progress: Progress | null
}

export type BeatState = 'playing' | 'paused' | 'buffering' | 'ended' | 'left'
export type BeatCause = 'tick' | 'play' | 'pause' | 'seek' | 'rate' | 'visibility' | 'end' | 'hide'

export interface Beat {
  seq: number
  state: BeatState
  cause: BeatCause
  source: 'live' | 'replay'
  mode: 'video' | 'audio'
  from_ms: number
  to_ms: number
  rate_milli: number
  visible: boolean
  client_ms: number
  gesture: boolean
}

/** What media knows of the arriving picture; only staff see it. Same as `yunke_protocol::Publisher`. */
export interface Publisher {
  transport: string
  connected_at: number
  last_media_at: number
  video: { codec: string; width: number; height: number; fps_milli: number; bitrate_bps: number; key_interval_ms: number } | null
  audio: { codec: string; rate: number; channels: number; bitrate_bps: number } | null
  notes: unknown[]
}

export interface RoomState {
  phase: Phase
  on_air: OnAir
  zero_at: number | null
  edge_ms: number | null
  gaps: Gap[]
  viewers_now: number
  people: number
  peak: number
  replay_ready: boolean
  publisher?: Publisher | null
  outage_since?: number | null
}

export interface BeatsAnswer {
  acked: number[]
  refused: { seq: number; code: string }[]
  progress: Progress | null
}
