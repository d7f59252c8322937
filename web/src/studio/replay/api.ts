/** The requests of the replay page. */
import { api, ask } from '@/api/client'
import { send } from '@/api/request'
import type { Captions, ReplayView } from '@/api/types'

const of = (id: string) => ({ path: { id } })

export const getReplay = (id: string, signal?: AbortSignal) => ask(api.GET('/api/lessons/{id}/replay', { params: of(id), signal }))
export const setTrim = (id: string, inMs: number, outMs: number | null) =>
  ask(api.PUT('/api/studio/lessons/{id}/replay/trim', { params: of(id), body: { in_ms: inMs, out_ms: outMs } }))
export const setHidden = (id: string, hidden: boolean) =>
  ask(api.PUT('/api/studio/lessons/{id}/replay/hidden', { params: of(id), body: { hidden } }))
export const addChapter = (id: string, title: string, atMs: number) =>
  ask(api.POST('/api/studio/lessons/{id}/chapters', { params: of(id), body: { title, at_ms: atMs, from_slides: false } }))
export const changeChapter = (id: string, chapter: string, title: string, atMs: number) =>
  ask(
    api.PATCH('/api/studio/lessons/{id}/chapters/{chapter_id}', {
      params: { path: { id, chapter_id: chapter } },
      body: { title, at_ms: atMs },
    }),
  )
export const removeChapter = (id: string, chapter: string) =>
  ask(api.DELETE('/api/studio/lessons/{id}/chapters/{chapter_id}', { params: { path: { id, chapter_id: chapter } } }))

/** Largest file the server takes. */
export const FILE_BYTES = 2 << 20

async function putFile(path: string, file: Blob): Promise<ReplayView> {
  const headers = { Accept: 'application/json', 'Content-Type': 'application/octet-stream' }
  const response = await send(
    new Request(new URL(path, location.origin), { method: 'PUT', credentials: 'same-origin', headers, body: file }),
  )
  return (await response.json()) as ReplayView
}

const studio = (id: string) => `/api/studio/lessons/${encodeURIComponent(id)}`
export const putCaptions = (id: string, language: Captions['language'], file: Blob) => putFile(`${studio(id)}/captions/${language}`, file)
export const removeCaptions = (id: string, language: Captions['language']) =>
  ask(api.DELETE('/api/studio/lessons/{id}/captions/{language}', { params: { path: { id, language } } }))
export const putPoster = (id: string, picture: Blob) => putFile(`${studio(id)}/poster`, picture)
export const removePoster = (id: string) => ask(api.DELETE('/api/studio/lessons/{id}/poster', { params: of(id) }))
