/** Requests about a recording: the file to download, and files that fill its gaps. */
import { request } from '@/api/request'
import type { FillPlan, LessonFill, LessonFills, WorkStatus } from '@/api/types'

const at = (id: string): string => `/api/studio/lessons/${encodeURIComponent(id)}`

export const getMp4 = (id: string, signal?: AbortSignal) => request<WorkStatus>('GET', `${at(id)}/mp4`, undefined, signal)
export const makeMp4 = (id: string) => request<WorkStatus>('POST', `${at(id)}/mp4`, {})
/** Leads to the media service, which sends the file. */
export const mp4Address = (id: string): string => `${at(id)}/mp4/file`

export const getFills = (id: string, signal?: AbortSignal) => request<LessonFills>('GET', `${at(id)}/fills`, undefined, signal)
export const planFill = (id: string, plan: FillPlan) => request<LessonFill>('POST', `${at(id)}/fills`, plan)
export const moveFill = (id: string, fill: string, offsetMs: number) => request<LessonFills>('PATCH', `${at(id)}/fills/${fill}`, { offset_ms: offsetMs })
export const withdrawFill = (id: string, fill: string) => request<LessonFills>('DELETE', `${at(id)}/fills/${fill}`)
