/** Credit rules, from the server's own document. */
import { api, ask } from '@/api/client'
import type { components } from '@/api/schema'

type Schemas = components['schemas']
export type RuleSettings = Schemas['RuleSettings']
export type RuleRow = Schemas['RuleRow']
export type RuleDetail = Schemas['RuleDetail']
export type RuleVersion = Schemas['RuleVersionRow']
export type Preview = Schemas['RulePreview']
export type PreviewLesson = Schemas['RulePreviewLesson']
export type PreviewPerson = Schemas['RulePreviewPerson']
export type PreviewRequest = Schemas['RulePreviewRequest']

const RULE = '/api/console/rules/{rule_id}'
const PREVIEW = '/api/console/rule-previews/{preview_id}'
const ofRule = (id: string) => ({ path: { rule_id: id } })
const ofPreview = (id: string) => ({ path: { preview_id: id } })

export const listRules = (signal?: AbortSignal) => ask(api.GET('/api/console/rules', { signal }))
export const getRule = (id: string, signal?: AbortSignal) => ask(api.GET(RULE, { params: ofRule(id), signal }))
export const addRule = (settings: RuleSettings, note: string) => ask(api.POST('/api/console/rules', { body: { settings, note } }))
export const addVersion = (id: string, settings: RuleSettings, note: string, revision: number) =>
  ask(api.POST(`${RULE}/versions`, { params: ofRule(id), body: { settings, note, revision } }))
export const activate = (id: string, version: number, revision: number) => ask(api.PUT(`${RULE}/active`, { params: ofRule(id), body: { version, revision } }))
export const makeDefault = (id: string, revision: number) => ask(api.PUT(`${RULE}/default`, { params: ofRule(id), body: { revision } }))
export const retire = (id: string, retired: boolean, revision: number) => ask(api.PUT(`${RULE}/retired`, { params: ofRule(id), body: { retired, revision } }))
export const lessonsOf = (id: string, version: number | undefined, page: number, signal?: AbortSignal) =>
  ask(api.GET(`${RULE}/lessons`, { params: { ...ofRule(id), query: { version, page } }, signal }))

export const beginPreview = (body: PreviewRequest) => ask(api.POST('/api/console/rule-previews', { body }))
export const getPreview = (id: string) => ask(api.GET(PREVIEW, { params: ofPreview(id) }))
export const forgetPreview = (id: string) => ask(api.DELETE(PREVIEW, { params: ofPreview(id) }))
export const previewPeople = (id: string, lesson: string, page: number, signal?: AbortSignal) =>
  ask(api.GET(`${PREVIEW}/lessons/{lesson_id}`, { params: { path: { preview_id: id, lesson_id: lesson }, query: { page } }, signal }))
