/** Requests about a lesson's room for its staff. */
import { api, ask } from '@/api/client'

/** A lease to look into a lesson with; nobody is counted by it. */
export const openPreview = (id: string) => ask(api.POST('/api/studio/lessons/{id}/preview', { params: { path: { id } } }))
