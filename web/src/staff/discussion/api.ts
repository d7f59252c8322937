/** Requests about what is said beside a lesson. */
import { api, ask } from '@/api/client'
import type { QuestionState } from '@/api/types'

export const NOTE_CHARS = 500

const at = (id: string) => ({ path: { id } })

export const getDiscussion = (id: string, signal?: AbortSignal) => ask(api.GET('/api/studio/lessons/{id}/talk', { params: at(id), signal }))
export const settleQuestion = (id: string, question: string, state: QuestionState) =>
  ask(api.PUT('/api/studio/lessons/{id}/questions/{question_id}', { params: { path: { id, question_id: question } }, body: { state } }))
export const readNote = (id: string, note: string) =>
  ask(api.PUT('/api/studio/lessons/{id}/notes/{note_id}/read', { params: { path: { id, note_id: note } } }))
export const writeNote = (id: string, text: string) => ask(api.POST('/api/console/lessons/{id}/notes', { params: at(id), body: { text } }))
