/** What the picture side of the player is made of, and what it reports. */
import type { EngineFactory } from './engine'
import type { Course } from './pilot'

export interface PlaybackEvents {
  /** Media moves. */
  moving(): void
  /** Media stands although it should move; `why` is what a page may say about it. */
  standing(why: 'buffering' | 'reconnecting'): void
  /** Somebody (page, lock screen, phone call) paused it. */
  paused(): void
  /** The browser wants a tap first. */
  blocked(): void
  ended(): void
  jumped(): void
  leaseRefused(): void
  /** Whether there is more than one picture to choose from. */
  choices(many: boolean): void
  /** What of the lesson plays from now on, and what is missing of it here. */
  course(course: Course, weak: boolean): void
  unsupported(): void
}

export interface PlaybackOptions {
  video: HTMLVideoElement
  loadEngine: (video: HTMLVideoElement) => Promise<EngineFactory | null>
  /** The engine of WHEP; null where this device has none. */
  loadWhep: (video: HTMLVideoElement) => Promise<EngineFactory | null>
  events: PlaybackEvents
  random: () => number
  now: () => number
}
