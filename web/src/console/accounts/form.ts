/** What the form of a person holds, what is wrong with it, and what it sends. Pure. */
import { isPhone, NAME_MAX } from '@/accounts/rules'
import { dayKey } from '@/i18n/format'
import { DAY_MS, startOfDay } from '@/lib/days'
import { plainPhone, trimmed } from '@/lib/typed'
import type { PersonEdit, PersonRequest, PersonView } from './api'

/** In place of a branch's id: one that is made with the person. */
export const NEW_BRANCH = 'new'

export interface PersonForm {
  name: string
  phone: string
  member_no: string
  /** Empty: no member. */
  branch: string
  branch_name: string
  branch_parent: string
  /** The unit of the role; empty: without it. */
  lecturer: string
  organizer: string
  auditor: string
  /** The last day of the role of organizer, and of auditor, as a date; empty: without end. */
  organizer_until: string
  auditor_until: string
  /** Owner of the centre. */
  owner: boolean
}

/** The roles that the form shows with a unit each. */
export const SHOWN_ROLES = ['lecturer', 'organizer', 'auditor'] as const

export type PersonField = 'name' | 'phone' | 'branch' | 'branch_name' | 'organizer_until' | 'auditor_until'
export type PersonIssue = 'name_empty' | 'name_long' | 'phone_form' | 'no_sign_in' | 'nowhere' | 'branch_name_empty' | 'until_past'

export const emptyForm = (branch: string, parent: string): PersonForm => ({ name: '', phone: '', member_no: '', branch, branch_name: '', branch_parent: parent, lecturer: '', organizer: '', auditor: '', organizer_until: '', auditor_until: '', owner: false })

export function formOf(person: PersonView, parent: string): PersonForm {
  const of = (role: string) => person.roles.find((r) => r.role === role)
  const unit = (role: string) => of(role)?.unit_id ?? ''
  const until = (role: string) => lastDay(of(role)?.until_at ?? null)
  return {
    ...emptyForm(person.branch?.id ?? '', parent),
    name: person.name,
    phone: person.phone ?? '',
    member_no: person.member_no ?? '',
    lecturer: unit('lecturer'),
    organizer: unit('organizer'),
    auditor: unit('auditor'),
    organizer_until: until('organizer'),
    auditor_until: until('auditor'),
    owner: of('owner') !== undefined,
  }
}

/** The last day of a role that ends at midnight, as a date. */
export const lastDay = (until: number | null): string => (until === null ? '' : dayKey(until - 1))

/** The midnight after a day. */
export function endOf(day: string): number | null {
  const start = startOfDay(day)
  return start === null ? null : start + DAY_MS
}

export function checkPerson(form: PersonForm, now: number = Date.now()): Partial<Record<PersonField, PersonIssue>> {
  const issues: Partial<Record<PersonField, PersonIssue>> = {}
  const name = Array.from(trimmed(form.name)).length
  if (name === 0) issues.name = 'name_empty'
  else if (name > NAME_MAX) issues.name = 'name_long'
  if (trimmed(form.phone) !== '' && !isPhone(form.phone)) issues.phone = 'phone_form'
  else if (trimmed(form.phone) === '' && trimmed(form.member_no) === '') issues.phone = 'no_sign_in'
  if (form.branch === '' && !form.owner && SHOWN_ROLES.every((role) => form[role] === '')) issues.branch = 'nowhere'
  for (const field of ['organizer_until', 'auditor_until'] as const) {
    const end = endOf(form[field])
    if (end !== null && end <= now) issues[field] = 'until_past'
  }
  if (form.branch === NEW_BRANCH && trimmed(form.branch_name) === '') issues.branch_name = 'branch_name_empty'
  return issues
}

const phoneOf = (form: PersonForm): string | null => (trimmed(form.phone) === '' ? null : plainPhone(form.phone))

type Roles = NonNullable<PersonRequest['roles']>

/** The roles of the form, and further ones of the person that the form does not show: they stay. */
function roles(form: PersonForm, before: PersonView | null, centre: string): Roles {
  const shown = before ? formOf(before, '') : null
  const isShown = (role: Roles[number]['role'], unit: string) => (role === 'owner' ? true : unit === shown?.[role])
  const others = (before?.roles ?? []).filter((r) => !isShown(r.role, r.unit_id)).map(({ role, unit_id, until_at }) => ({ role, unit_id, until_at }))
  const until = { lecturer: null, organizer: endOf(form.organizer_until), auditor: endOf(form.auditor_until) }
  const own = SHOWN_ROLES.filter((role) => form[role] !== '').map((role) => ({ role, unit_id: form[role], until_at: until[role] }))
  return [...own, ...(form.owner && centre ? [{ role: 'owner' as const, unit_id: centre, until_at: null }] : []), ...others]
}

export function addBody(form: PersonForm, branch: string | null, centre: string): PersonRequest {
  return { name: trimmed(form.name), phone: phoneOf(form), branch_id: branch, member_no: trimmed(form.member_no) || null, roles: roles(form, null, centre) }
}

/** Only what was changed. */
export function editBody(form: PersonForm, branch: string | null, before: PersonView, centre: string): PersonEdit {
  const was = formOf(before, '')
  const edit: PersonEdit = {}
  if (trimmed(form.name) !== was.name) edit.name = trimmed(form.name)
  if (phoneOf(form) !== before.phone) edit.phone = phoneOf(form)
  if (trimmed(form.member_no) !== was.member_no) edit.member_no = trimmed(form.member_no) || null
  if ((branch ?? '') !== was.branch) edit.branch_id = branch
  const fields = [...SHOWN_ROLES, 'organizer_until', 'auditor_until', 'owner'] as const
  if (fields.some((field) => form[field] !== was[field])) edit.roles = roles(form, before, centre)
  return Object.keys(edit).length > 0 ? { ...edit, revision: before.revision } : edit
}
