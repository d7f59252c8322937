/** Requests about the attendance of a lesson. */
import { api, ask } from '@/api/client'
import type { components } from '@/api/schema'

export type AttendanceRow = components['schemas']['AttendanceRow']

export const PARTS = ['all', 'attended', 'absent'] as const
export type Part = (typeof PARTS)[number]

export const getAttendance = (id: string, { part, q, page }: { part: Part; q: string; page: number }, signal?: AbortSignal) =>
  ask(api.GET('/api/console/lessons/{id}/attendance', { params: { path: { id }, query: { part, q: q || undefined, page } }, signal }))
