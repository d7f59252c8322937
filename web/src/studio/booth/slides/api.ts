/** A chapter where a page of the slides began to be shown. */
import { api, ask } from '@/api/client'

export const addSlideChapter = (id: string, title: string, atMs: number) =>
  ask(api.POST('/api/studio/lessons/{id}/chapters', { params: { path: { id } }, body: { title, at_ms: atMs, from_slides: true } }))
