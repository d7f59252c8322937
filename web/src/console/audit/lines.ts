/** A line of the audit log as text. Pure. */
import { has, t, type MessageKey } from '@/i18n'
import type { AuditRow } from './api'

/** The groups that can be chosen, by how their actions begin. */
export const GROUPS = ['person.', 'unit.', 'lesson.', 'rule.', 'roster.', 'series.', 'episode.', 'evidence.', 'export.'] as const

/** What was done; an action that a newer server wrote shows its name. */
export function deed(action: string): string {
  const key = `console.audit.actions.${action.replace(/\./g, '_')}`
  return has(key) ? t(key as MessageKey) : action
}

const FIELDS = new Set(['name', 'phone', 'member_no', 'branch_id', 'roles'])

/** What the line has to say of itself: names before and after, or which fields; else nothing. */
export function more(row: AuditRow): string {
  const detail: unknown = row.detail
  if (typeof detail !== 'object' || detail === null) return ''
  const { from, to, fields, reason } = detail as Record<string, unknown>
  if (row.action === 'unit.rename' && typeof from === 'string' && typeof to === 'string') return t('console.audit.renamed', { from, to })
  if (Array.isArray(fields)) {
    const known = fields.filter((field): field is string => typeof field === 'string' && FIELDS.has(field))
    return known.map((field) => t(`console.audit.fields.${field}` as MessageKey)).join(t('console.audit.and'))
  }
  return typeof reason === 'string' ? reason : ''
}

/** The page of what it was done to, if it has one. */
export function pageOf(row: AuditRow): { name: string; params: Record<string, string> } | null {
  if (row.subject_name === null) return null
  if (row.subject_kind === 'person') return { name: 'console-person', params: { person: row.subject_id } }
  if (row.subject_kind === 'lesson') return { name: 'console-attendance', params: { id: row.subject_id } }
  return null
}
