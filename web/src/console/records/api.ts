/** Requests about the attendance of a lesson. */
import { api, ask } from '@/api/client'
import type { components } from '@/api/schema'
import type { Credit } from '@/api/types'

export type AttendanceRow = components['schemas']['AttendanceRow']

export const PARTS = ['all', 'attended', 'pending', 'absent', 'excused'] as const
export type Part = (typeof PARTS)[number]
export const CREDITS = ['full', 'half', 'none'] as const satisfies readonly Credit[]

export const getAttendance = (id: string, { part, credit, q, page }: { part: Part; credit?: Credit; q: string; page: number }, signal?: AbortSignal) =>
  ask(api.GET('/api/console/lessons/{id}/attendance', { params: { path: { id }, query: { part, credit, q: q || undefined, page } }, signal }))

const EXCUSE = '/api/console/lessons/{id}/attendance/{member_id}/excuse'
export const excuse = (id: string, member: string, reason: string) => ask(api.PUT(EXCUSE, { params: { path: { id, member_id: member } }, body: { reason } }))
export const takeBackExcuse = (id: string, member: string) => ask(api.DELETE(EXCUSE, { params: { path: { id, member_id: member } } }))
