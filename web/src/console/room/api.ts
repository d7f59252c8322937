/** Who watches a lesson now, branch by branch. */
import { api, ask } from '@/api/client'

export const getWatching = (id: string, signal?: AbortSignal) => ask(api.GET('/api/console/lessons/{id}/watching', { params: { path: { id } }, signal }))
