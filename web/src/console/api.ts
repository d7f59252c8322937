/** The console's requests, and the one place where the server's shapes become the pages'. */
import { send, request } from '@/api/request'
import type { Credit, Gap, Lesson, LessonCard, Phase } from '@/api/types'
import type { Counts } from '@/staff/types'
import type { EvidenceInterval } from './evidence'
import type { PlanBody } from './plan'
import type { UnitRow } from './units'

export interface LessonPage {
  items: LessonCard[]
  /** There is a page after this one. */
  more: boolean
}

export interface PlannedLesson extends Lesson {
  unit_id: string
  lecturer_id: string
  audience: { id: string; name: string }[]
}

export interface Person {
  id: string
  name: string
  unit_name: string | null
}

export interface WatchingBranch {
  branch_id: string | null
  branch_name: string | null
  people: { member_id: string; name: string; counted_ms: number; device: string | null; mode: string | null }[]
}

export interface Watching extends Counts {
  branches: WatchingBranch[]
}

export interface AttendanceRow {
  member_id: string
  name: string
  member_no: string | null
  invited: boolean
  attended: boolean
  branch_name: string | null
  first_in_at: number | null
  last_out_at: number | null
  visits: number
  counted_ms: number
  /** Hundredths of a percent. */
  coverage_bp: number
  credit: Credit
  hours_milli: number
  reason: string | null
}

export interface AttendancePage {
  rows: AttendanceRow[]
  /** Of what is looked for. */
  total: number
  /** Of everybody one organizes. */
  invited: number
  attended: number
  absent: number
  more: boolean
}

export interface Evidence {
  row: AttendanceRow
  /** What passed every other check although no media node delivered it. */
  uncorroborated_ms: number
  lesson_ms: number
  gaps: Gap[]
  intervals: EvidenceInterval[]
}

const lessonAt = (id: string): string => `/api/console/lessons/${encodeURIComponent(id)}`
const query = (values: Record<string, string | number | undefined>): string => {
  const q = new URLSearchParams()
  for (const [key, value] of Object.entries(values)) if (value !== undefined && value !== '') q.set(key, String(value))
  const text = q.toString()
  return text === '' ? '' : `?${text}`
}

/** What is on air, comes, and is over since two weeks, each nearest first, of everything one organizes. */
export const listAround = (signal?: AbortSignal) => request<LessonCard[]>('GET', '/api/studio/lessons', undefined, signal)
export const listLessons = (state: Phase | '', page: number, signal?: AbortSignal) =>
  request<LessonPage>('GET', `/api/console/lessons${query({ state, page })}`, undefined, signal)
export const getLesson = (id: string, signal?: AbortSignal) => request<PlannedLesson>('GET', `/api/lessons/${encodeURIComponent(id)}`, undefined, signal)
export const planLesson = (body: PlanBody) => request<{ id: string }>('POST', '/api/console/lessons', body)
export const editLesson = (id: string, body: Partial<PlanBody>) => request<unknown>('PATCH', lessonAt(id), body)
export const cancelLesson = (id: string) => request<unknown>('DELETE', lessonAt(id))
export const listUnits = (signal?: AbortSignal) => request<UnitRow[]>('GET', '/api/console/units', undefined, signal)
export const findLecturers = (q: string, signal?: AbortSignal) =>
  request<Person[]>('GET', `/api/console/people${query({ role: 'lecturer', q })}`, undefined, signal)
export const getWatching = (id: string, signal?: AbortSignal) => request<Watching>('GET', `${lessonAt(id)}/watching`, undefined, signal)
export const PARTS = ['all', 'attended', 'absent'] as const
export type Part = (typeof PARTS)[number]
export const getAttendance = (id: string, which: { part: Part; q: string; page: number }, signal?: AbortSignal) =>
  request<AttendancePage>('GET', `${lessonAt(id)}/attendance${query(which)}`, undefined, signal)
export const getEvidence = (id: string, member: string, signal?: AbortSignal) =>
  request<Evidence>('GET', `${lessonAt(id)}/attendance/${encodeURIComponent(member)}`, undefined, signal)

export type ExportFormat = 'xlsx' | 'csv'

/** The export as a file with the name the server gave it. */
export async function fetchExport(id: string, format: ExportFormat): Promise<{ name: string; file: Blob }> {
  const response = await send(new Request(new URL(`${lessonAt(id)}/export?format=${format}`, location.origin), { credentials: 'same-origin' }))
  return { name: fileName(response.headers.get('Content-Disposition')) ?? `${id}.${format}`, file: await response.blob() }
}

/** RFC 6266: `filename*` with its percent-encoded UTF-8 before the plain `filename`. */
export function fileName(disposition: string | null): string | null {
  const wide = /filename\*\s*=\s*UTF-8''([^;]+)/i.exec(disposition ?? '')?.[1]
  if (wide) {
    try {
      return decodeURIComponent(wide.trim())
    } catch {
      // not percent-encoded after all: the plain name will do
    }
  }
  return /filename\s*=\s*"?([^";]+)"?/i.exec(disposition ?? '')?.[1]?.trim() ?? null
}
