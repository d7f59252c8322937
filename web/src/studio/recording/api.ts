/** Requests about a recording: the file to download, and files that fill its gaps. */
import { api, ask } from '@/api/client'
import type { FillPlan } from '@/api/types'

const at = (id: string) => ({ params: { path: { id } } })
const fillAt = (id: string, fill: string) => ({ params: { path: { id, fill_id: fill } } })

export const getMp4 = (id: string, signal?: AbortSignal) => ask(api.GET('/api/studio/lessons/{id}/mp4', { ...at(id), signal }))
export const makeMp4 = (id: string) => ask(api.POST('/api/studio/lessons/{id}/mp4', at(id)))
/** Leads to the media service, which sends the file. */
export const mp4Address = (id: string): string => `/api/studio/lessons/${encodeURIComponent(id)}/mp4/file`

export const getFills = (id: string, signal?: AbortSignal) => ask(api.GET('/api/studio/lessons/{id}/fills', { ...at(id), signal }))
export const planFill = (id: string, plan: FillPlan) => ask(api.POST('/api/studio/lessons/{id}/fills', { ...at(id), body: plan }))
export const moveFill = (id: string, fill: string, offsetMs: number) =>
  ask(api.PATCH('/api/studio/lessons/{id}/fills/{fill_id}', { ...fillAt(id, fill), body: { offset_ms: offsetMs } }))
export const withdrawFill = (id: string, fill: string) => ask(api.DELETE('/api/studio/lessons/{id}/fills/{fill_id}', fillAt(id, fill)))
