/** The studio's requests. */
import { request } from '@/api/request'
import type { LeaseGrant, Lesson, LessonCard } from '@/api/types'
import type { Counts, IncomingStream, RefusedPublisher } from '@/staff/room/types'
import type { Doors } from './doors'
import type { Code } from './PhoneCode.vue'

export interface StudioLesson extends Counts, Doors {
  lesson: Lesson
  key_set: boolean
  publisher: IncomingStream | null
  refused: RefusedPublisher | null
  waiting_for: 'media' | 'key_frame' | null
  outage_since: number | null
  media_up: boolean
}

export interface StreamKey extends Doors {
  key: string
  /** Sets up a phone encoder; null where it does not fit. */
  phone: Code | null
}

const at = (id: string): string => `/api/studio/lessons/${encodeURIComponent(id)}`

export const listStudioLessons = (signal: AbortSignal) => request<LessonCard[]>('GET', '/api/studio/lessons', undefined, signal)
export const getStudioLesson = (id: string, signal: AbortSignal) => request<StudioLesson>('GET', at(id), undefined, signal)
export const startLesson = (id: string) => request<unknown>('POST', `${at(id)}/start`, {})
export const endLesson = (id: string) => request<unknown>('POST', `${at(id)}/end`, {})
export const makeKey = (id: string) => request<StreamKey>('POST', `${at(id)}/key`, {})
export const revokeKey = (id: string) => request<undefined>('DELETE', `${at(id)}/key`)
export const openPreview = (id: string) => request<LeaseGrant>('POST', `${at(id)}/preview`, { device: 'desktop' })
