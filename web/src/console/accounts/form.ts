/** What the form of a person holds, what is wrong with it, and what it sends. Pure. */
import { isPhone, NAME_MAX } from '@/accounts/rules'
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
}

export type PersonField = 'name' | 'phone' | 'branch' | 'branch_name'
export type PersonIssue = 'name_empty' | 'name_long' | 'phone_form' | 'nowhere' | 'branch_name_empty'

export const emptyForm = (branch: string, parent: string): PersonForm => ({ name: '', phone: '', member_no: '', branch, branch_name: '', branch_parent: parent, lecturer: '', organizer: '' })

export function formOf(person: PersonView, parent: string): PersonForm {
  const unit = (role: string) => person.roles.find((r) => r.role === role)?.unit_id ?? ''
  return { ...emptyForm(person.branch?.id ?? '', parent), name: person.name, phone: person.phone, member_no: person.member_no ?? '', lecturer: unit('lecturer'), organizer: unit('organizer') }
}

export function checkPerson(form: PersonForm): Partial<Record<PersonField, PersonIssue>> {
  const issues: Partial<Record<PersonField, PersonIssue>> = {}
  const name = Array.from(trimmed(form.name)).length
  if (name === 0) issues.name = 'name_empty'
  else if (name > NAME_MAX) issues.name = 'name_long'
  if (!isPhone(form.phone)) issues.phone = 'phone_form'
  if (form.branch === '' && form.lecturer === '' && form.organizer === '') issues.branch = 'nowhere'
  if (form.branch === NEW_BRANCH && trimmed(form.branch_name) === '') issues.branch_name = 'branch_name_empty'
  return issues
}

type Roles = NonNullable<PersonRequest['roles']>

/** The roles of the form, and further ones of the person that the form does not show: they stay. */
function roles(form: PersonForm, before: PersonView | null): Roles {
  const shown = before ? formOf(before, '') : null
  const others = (before?.roles ?? []).filter((r) => r.unit_id !== shown?.[r.role]).map((r) => ({ role: r.role, unit_id: r.unit_id }))
  const own = (['lecturer', 'organizer'] as const).filter((role) => form[role] !== '').map((role) => ({ role, unit_id: form[role] }))
  return [...own, ...others]
}

export function addBody(form: PersonForm, branch: string | null): PersonRequest {
  return { name: trimmed(form.name), phone: plainPhone(form.phone), branch_id: branch, member_no: trimmed(form.member_no) || null, roles: roles(form, null) }
}

/** Only what was changed. */
export function editBody(form: PersonForm, branch: string | null, before: PersonView): PersonEdit {
  const was = formOf(before, '')
  const edit: PersonEdit = {}
  if (trimmed(form.name) !== was.name) edit.name = trimmed(form.name)
  if (plainPhone(form.phone) !== was.phone) edit.phone = plainPhone(form.phone)
  if (trimmed(form.member_no) !== was.member_no) edit.member_no = trimmed(form.member_no) || null
  if ((branch ?? '') !== was.branch) edit.branch_id = branch
  if (form.lecturer !== was.lecturer || form.organizer !== was.organizer) edit.roles = roles(form, before)
  return edit
}
