/** Requests about lessons as the organizer plans and finds them. */
import { api, ask } from '@/api/client'
import type { components } from '@/api/schema'
import type { Phase } from '@/api/types'

type Schemas = components['schemas']
export type LessonPage = Schemas['LessonPage']
export type PlannedLesson = Schemas['LessonDetail']
export type PlanBody = Required<Schemas['LessonPlan']>
export type Person = Schemas['PersonRow']

const at = (id: string) => ({ path: { id } })

/** What is on air, comes, and is over since two weeks, each nearest first, of everything one organizes. */
export const listAround = (signal?: AbortSignal) => ask(api.GET('/api/studio/lessons', { signal }))
export const listLessons = (state: Phase | '', page: number, signal?: AbortSignal) =>
  ask(api.GET('/api/console/lessons', { params: { query: { state: state || undefined, page } }, signal }))
export const getLesson = (id: string, signal?: AbortSignal) => ask(api.GET('/api/lessons/{id}', { params: at(id), signal }))
export const planLesson = (body: PlanBody) => ask(api.POST('/api/console/lessons', { body }))
export const editLesson = (id: string, body: Schemas['LessonEdit']) => ask(api.PATCH('/api/console/lessons/{id}', { params: at(id), body }))
export const cancelLesson = (id: string) => ask(api.DELETE('/api/console/lessons/{id}', { params: at(id) }))
export const findLecturers = (q: string, signal?: AbortSignal) =>
  ask(api.GET('/api/console/people', { params: { query: { role: 'lecturer', q: q || undefined } }, signal }))
