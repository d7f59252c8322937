/** Requests about the tree of units. */
import { api, ask } from '@/api/client'
import type { components } from '@/api/schema'

type Schemas = components['schemas']
export type UnitRow = Schemas['UnitRow']
export type UnitKind = Schemas['UnitKind']

export const listUnits = (signal?: AbortSignal) => ask(api.GET('/api/console/units', { signal }))
export const addUnit = (body: Schemas['UnitRequest']) => ask(api.POST('/api/console/units', { body }))
/** Those that are not closed: what is offered for something new. */
export const listOpenUnits = async (signal?: AbortSignal) => (await listUnits(signal)).filter((unit) => unit.closed_at === null)
export const editUnit = (id: string, body: Schemas['UnitEditRequest']) => ask(api.PATCH('/api/console/units/{unit_id}', { params: { path: { unit_id: id } }, body }))
