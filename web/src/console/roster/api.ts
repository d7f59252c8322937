/** Requests about rosters on their way in. */
import { address, api, ask } from '@/api/client'
import type { components } from '@/api/schema'

type Schemas = components['schemas']
export type ImportView = Schemas['ImportView']
export type ImportSummary = Schemas['ImportSummary']
export type ImportOptions = Schemas['ImportOptions']
export type Line = Schemas['Line']
export type LinesAnswer = Schemas['LinesAnswer']
export type Reason = Schemas['Reason']
export type Field = Schemas['Field']
export type Kind = Line['kind']
export type UndoAnswer = Schemas['UndoAnswer']

const IMPORTS = '/api/console/roster/imports'
const IMPORT = `${IMPORTS}/{import_id}` as const
const of = (id: string) => ({ path: { import_id: id } })

export const uploadAddress = (name: string) => address(IMPORTS, { query: { name } })
export const templateAddress = (people: boolean) => address('/api/console/roster/template', { query: { people: people || undefined } })
export const listImports = (signal?: AbortSignal) => ask(api.GET(IMPORTS, { signal }))
export const getImport = (id: string, signal?: AbortSignal) => ask(api.GET(IMPORT, { params: of(id), signal }))
export const rereadImport = (id: string, body: ImportOptions) => ask(api.PATCH(IMPORT, { params: of(id), body }))
export const removeImport = (id: string) => ask(api.DELETE(IMPORT, { params: of(id) }))
export const getLines = (id: string, which: { kind: Kind; q?: string; page?: number }, signal?: AbortSignal) =>
  ask(api.GET(`${IMPORT}/lines`, { params: { ...of(id), query: which }, signal }))
export const getAdded = (id: string) => ask(api.GET(`${IMPORT}/added`, { params: of(id) }))
export const applyImport = (id: string, body: Schemas['ApplyRequest']) => ask(api.POST(`${IMPORT}/apply`, { params: of(id), body }))
export const undoImport = (id: string) => ask(api.POST(`${IMPORT}/undo`, { params: of(id) }))
