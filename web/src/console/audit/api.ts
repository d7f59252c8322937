/** Requests about the audit log. */
import { api, ask } from '@/api/client'
import type { components } from '@/api/schema'

type Schemas = components['schemas']
export type AuditRow = Schemas['AuditRow']

export interface Which {
  from?: number
  until?: number
  actor?: string
  subject?: string
  action?: string
  page?: number
}

export const getAudit = (which: Which, signal?: AbortSignal) => ask(api.GET('/api/console/audit', { params: { query: which }, signal }))
