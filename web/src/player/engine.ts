/** What plays a source: hls.js, the browser itself, or a WebRTC connection. The player decides what and when; an engine only does it. */

export type FailureKind =
  /** No or a wrong answer: try again. */
  | 'network'
  /** The decoder or the buffer failed: recreate it. */
  | 'media'
  /** The lease in the address is not accepted any more. */
  | 'lease'
  /** Nothing here can play this. */
  | 'unsupported'
  /** A connection that played is gone: a new one may do. */
  | 'lost'
  /** Turned away for now: no room, no publisher, no answer. */
  | 'later'
  /** Does not play this way here; another way may. */
  | 'never'

/** Which picture: the one the network carries, the lecturer's own, or the small one. */
export type Quality = 'auto' | 'high' | 'low'

export interface EngineEvents {
  failed(kind: FailureKind, detail: string): void
  /** The source answers and can be played. */
  ready(): void
  /** Whether there is more than one picture to choose from. */
  choices?(many: boolean): void
  /** Media stands still, or moves again, where the element does not notice. */
  flows?(moving: boolean): void
}

/** What the network carries, and what the smallest picture with its sound takes; bits per second, null: not known. */
export interface LineFigures {
  bps: number | null
  needBps: number | null
}

/** Where to begin: the live edge, or a date (UTC milliseconds), with a guess where that is on the element's clock; null: none. */
export type StartAt = 'live' | { date: number | null; guessMs: number | null }

export interface LoadHow {
  /** Further behind the live edge, by whole segments: for a slow line. */
  patient?: boolean
}

export interface Engine {
  load(url: string, at: StartAt, how?: LoadHow): void
  /** What it measures of the network. */
  line?(): LineFigures
  /** Which picture, from now on; without it there is nothing to choose. */
  prefer?(quality: Quality): void
  /** From now on ask with another lease, without touching what plays. False: a new load is needed. */
  swapLease(from: string, to: string): boolean
  /** After a failure of the network: go on with the same source. */
  resume(): void
  /** Date of the frame that shows now; null while unknown. */
  date(): number | null
  /** When `date` was true, on the monotonic clock; without it, now. */
  datedAt?(): number
  /** One connection to the picture of this moment: nothing to seek in, and its end is not the end of the lesson. */
  readonly realtime?: true
  seekToDate(date: number): boolean
  seekLive(): void
  /** How far behind the best live position; null when that makes no sense. */
  behindLiveMs(): number | null
  destroy(): void
}

export type EngineFactory = (video: HTMLVideoElement, events: EngineEvents) => Engine
