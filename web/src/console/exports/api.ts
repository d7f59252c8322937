/** Exports: files with the names that the server gave them. */
import { address, api, ask } from '@/api/client'
import { send } from '@/api/request'
import type { components } from '@/api/schema'

type Schemas = components['schemas']
export type ExportJob = Schemas['ExportJobView']
export type ExportKind = Schemas['ExportKind']

export type ExportFormat = 'xlsx' | 'csv'

export interface Exported {
  name: string
  file: Blob
}

/** The export of a lesson's attendance. */
export const fetchExport = (id: string, format: ExportFormat): Promise<Exported> =>
  fetchFile(address('/api/console/lessons/{id}/export', { path: { id }, query: { format } }), `${id}.${format}`)

const JOBS = '/api/console/exports'
const JOB = `${JOBS}/{export_id}` as const

export const listExports = (page: number, signal?: AbortSignal) => ask(api.GET(JOBS, { params: { query: { page } }, signal }))
export const addExport = (body: Schemas['ExportJobRequest']) => ask(api.POST(JOBS, { body }))
export const cancelExport = (id: string) => ask(api.DELETE(JOB, { params: { path: { export_id: id } } }))
/** Where the file of a job is; the browser fetches it by itself, and goes on where it broke off. */
export const fileOf = (id: string): string => address(`${JOB}/file`, { path: { export_id: id } })

/** `otherwise`: its name, where the server gives none. */
export async function fetchFile(path: string, otherwise: string): Promise<Exported> {
  const response = await send(new Request(new URL(path, location.origin), { credentials: 'same-origin' }))
  return { name: fileName(response.headers.get('Content-Disposition')) ?? otherwise, file: await response.blob() }
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
