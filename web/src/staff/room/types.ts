/** Shapes of the studio's and the console's API. Times are UTC milliseconds, lengths milliseconds. */
import type { Credit, Gap, LessonCard, Phase, Progress, RoomState } from '@/api/types'

export interface HealthNote {
  code: string
  value?: number | null
}

export interface VideoInfo {
  codec: string
  width: number
  height: number
  fps_milli: number
  bitrate_bps: number
  key_interval_ms: number
}

export interface AudioInfo {
  codec: string
  rate: number
  channels: number
  bitrate_bps: number
}

/** `yunke_protocol::Publisher` */
export interface IncomingStream {
  transport: string
  connected_at: number
  last_media_at: number
  video: VideoInfo | null
  audio: AudioInfo | null
  notes: HealthNote[]
}

/** `yunke_protocol::RefusedPublisher` */
export interface RefusedPublisher {
  transport: string
  code: string
  reason: string
  at: number
}

/** The room as staff hear it. */
export type StaffRoomState = Omit<RoomState, 'publisher' | 'refused' | 'waiting_for' | 'outage_since'> & {
  publisher: IncomingStream | null
  refused: RefusedPublisher | null
  waiting_for: 'media' | 'key_frame' | null
  outage_since: number | null
}

export interface Counts {
  viewers_now: number
  people: number
  peak: number
}

export type { Credit, Gap, LessonCard, Phase, Progress }
