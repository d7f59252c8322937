/** Requests about people. */
import { api, ask } from '@/api/client'
import type { components } from '@/api/schema'

type Schemas = components['schemas']
export type RosterRow = Schemas['RosterRow']
export type RosterAnswer = Schemas['RosterAnswer']
export type PersonView = Schemas['PersonView']
export type FirstPassword = Schemas['FirstPassword']
export type PersonRequest = Schemas['PersonRequest']
export type PersonEdit = Schemas['PersonEditRequest']
export type Drawing = Schemas['QrDrawing']

export interface Which {
  unit?: string
  q?: string
  disabled?: boolean
  page?: number
}

export const getRoster = (which: Which, signal?: AbortSignal) => ask(api.GET('/api/console/roster', { params: { query: which }, signal }))
export const getPerson = (id: string, signal?: AbortSignal) => ask(api.GET('/api/console/people/{person_id}', { params: { path: { person_id: id } }, signal }))
export const addPerson = (body: PersonRequest) => ask(api.POST('/api/console/people', { body }))
export const editPerson = (id: string, body: PersonEdit) => ask(api.PATCH('/api/console/people/{person_id}', { params: { path: { person_id: id } }, body }))
export const setDisabled = (id: string, disabled: boolean) => ask(api.PUT('/api/console/people/{person_id}/disabled', { params: { path: { person_id: id } }, body: { disabled } }))
export const resetPassword = (id: string) => ask(api.POST('/api/console/people/{person_id}/password', { params: { path: { person_id: id } } }))
