/** What a player is made of; tests replace every part. */
import type { EngineFactory, Quality } from './engine'
import type { RoomState } from '@/api/types'
import type { EvidenceApi } from './evidence'
import type { OutboxStore } from './outbox'
import type { Device } from './platform'

export interface PlayerOptions {
  lessonId: string
  memberId: string
  video: HTMLVideoElement
  device: Device
  /** `state`: what the room says. */
  api: (state: (state: RoomState) => void) => EvidenceApi
  store: OutboxStore
  loadEngine: (video: HTMLVideoElement) => Promise<EngineFactory | null>
  loadWhep: (video: HTMLVideoElement) => Promise<EngineFactory | null>
  random: () => number
  /** Monotonic milliseconds. */
  now: () => number
  serverNow: () => number
  /** Where a replay was left. */
  bookmark: { get(): number | null; set(ms: number | null): void }
  /** Which picture was chosen on this device. */
  taste: { get(): Quality; set(quality: Quality): void }
}
