/** What the listening player is made of and shows. */
import type { Progress } from '@/api/types'
import type { Problem } from '@/api/problem'
import type { EvidenceApi, Grant } from '../evidence'
import type { OutboxStore } from '../outbox'
import type { Device } from '../platform'
import type { OwnPlace, Place } from './resume'
import type { SleepChoice } from './sleep'

export type { Place } from './resume'

export interface Sound {
  mime: string
  url: string
  bytes: number
  kbps: number
}

export interface EpisodeGrant extends Grant {
  item_id: string
  version: string
  length_ms: number
  /** Best first. */
  sound: Sound[]
  place: Place | null
}

export interface AudioChapter {
  at_ms: number
  title: string
}

/** What the player says of an episode. */
export interface Track {
  id: string
  title: string
  series: string
  speaker: string
  cover: string | null
  lengthMs: number
  chapters: readonly AudioChapter[]
  previous: string | null
  next: string | null
}

/** What is known of an episode before the server was asked. */
export type TrackHint = Pick<Track, 'id' | 'title'> & Partial<Track>

export const trackFrom = (hint: TrackHint): Track => ({
  series: '',
  speaker: '',
  cover: null,
  lengthMs: 0,
  chapters: [],
  previous: null,
  next: null,
  ...hint,
})

export type AudioStage = 'idle' | 'opening' | 'ready' | 'playing' | 'buffering' | 'reconnecting' | 'paused' | 'over' | 'failed'

export interface AudioState {
  stage: AudioStage
  /** What is there to begin with may have no more than an id and a title. */
  track: Track | null
  positionMs: number
  lengthMs: number
  rate: number
  saver: boolean
  sleep: SleepChoice | null
  /** Milliseconds of listening until it stops; null: at the end of the episode, or not at all. */
  sleepLeftMs: number | null
  progress: Progress | null
  /** Before the last far jump; one tap goes back. */
  undoMs: number | null
  /** Another place of this episode that was not taken. */
  other: Place | null
  pending: number
  problem: Problem | null
  /** Why it failed, where no answer of the server says so. */
  why: 'unplayable' | 'broken'
  /** The id of an episode that was asked for and cannot be heard yet; what is there stays so long. */
  coming: string | null
  /** Why it does not come. */
  nextProblem: Problem | null
  /** The browser wants a tap. */
  blocked: boolean
  /** Fetched ahead for the page that shows it; nobody has asked for sound. */
  primed: boolean
}

export const firstAudioState: AudioState = {
  stage: 'idle',
  track: null,
  positionMs: 0,
  lengthMs: 0,
  rate: 1,
  saver: false,
  sleep: null,
  sleepLeftMs: null,
  progress: null,
  undoMs: null,
  other: null,
  pending: 0,
  problem: null,
  why: 'broken',
  coming: null,
  nextProblem: null,
  blocked: false,
  primed: false,
}

/** It plays, or will by itself: the button says 暂停. */
export const isGoing = ({ stage, blocked, coming }: AudioState): boolean =>
  !blocked && ((stage === 'over' && coming !== null) || stage === 'playing' || stage === 'buffering' || stage === 'reconnecting')

export interface AudioOptions {
  audio: HTMLAudioElement
  memberId: string
  device: Device
  api: EvidenceApi<EpisodeGrant>
  store: OutboxStore
  track(id: string): Promise<Track>
  /** What follows this one; null: nothing. Asked ahead of time, and again at the end. */
  next(track: Track): string | null
  /** An episode begins: what was queued may leave the queue. */
  begins(id: string): void
  places: { get(id: string): OwnPlace | null; set(id: string, place: OwnPlace): void }
  taste: { rate: Kept<number>; saver: Kept<boolean> }
  /** What an address answers now, without its body: 0 without an answer. */
  look(url: string): Promise<number>
  random: () => number
  /** Monotonic milliseconds. */
  now: () => number
  serverNow: () => number
}

/** Something this device remembers. */
export interface Kept<T> {
  get(): T
  set(value: T): void
}
