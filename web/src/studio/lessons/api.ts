/** The lecturer's requests about their lessons. */
import { api, ask } from '@/api/client'
import type { components } from '@/api/schema'
import type { Lesson } from '@/api/types'

type Schemas = components['schemas']
/** Where encoders publish. Without `srt_url` SRT is off, without a passphrase it is not encrypted. */
export type Doors = Schemas['Doors']
export type StreamKey = Schemas['StreamKey']
/** Its lesson is kept up to date from the room. */
export type StudioLesson = Omit<Schemas['StudioLesson'], 'lesson'> & { lesson: Lesson }

const at = (id: string) => ({ params: { path: { id } } })

export const listStudioLessons = (signal: AbortSignal) => ask(api.GET('/api/studio/lessons', { signal }))
export const getStudioLesson = (id: string, signal: AbortSignal): Promise<StudioLesson> =>
  ask(api.GET('/api/studio/lessons/{id}', { ...at(id), signal }))
export const startLesson = (id: string) => ask(api.POST('/api/studio/lessons/{id}/start', at(id)))
export const endLesson = (id: string) => ask(api.POST('/api/studio/lessons/{id}/end', at(id)))
export const makeKey = (id: string) => ask(api.POST('/api/studio/lessons/{id}/key', at(id)))
export const revokeKey = (id: string) => ask(api.DELETE('/api/studio/lessons/{id}/key', at(id)))
