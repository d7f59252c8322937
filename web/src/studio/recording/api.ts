/** Requests about a recording: the file to download. */
import { request } from '@/api/request'
import type { WorkStatus } from '@/api/types'

const at = (id: string): string => `/api/studio/lessons/${encodeURIComponent(id)}`

export const getMp4 = (id: string, signal?: AbortSignal) => request<WorkStatus>('GET', `${at(id)}/mp4`, undefined, signal)
export const makeMp4 = (id: string) => request<WorkStatus>('POST', `${at(id)}/mp4`, {})
/** Leads to the media service, which sends the file. */
export const mp4Address = (id: string): string => `${at(id)}/mp4/file`
