/** Requests about the library as organizers keep it. */
import { address, api, ask } from '@/api/client'
import { send, type Method } from '@/api/request'
import type { Chapter, EpisodeEdit, SeriesFields, SpeakerFields } from './types'

export const CREATE_UPLOADS = '/api/console/library/uploads'

const ofSeries = (id: string) => ({ path: { series_id: id } })
const ofEpisode = (id: string) => ({ path: { episode_id: id } })
const SERIES = '/api/console/library/series/{series_id}'
const EPISODE = '/api/console/library/episodes/{episode_id}'

export const listSeries = (signal?: AbortSignal) => ask(api.GET('/api/console/library/series', { signal }))
export const addSeries = (body: SeriesFields & { unit_id: string }) => ask(api.POST('/api/console/library/series', { body }))
export const getSeries = (id: string, signal?: AbortSignal) => ask(api.GET(SERIES, { params: ofSeries(id), signal }))
export const editSeries = (id: string, body: Partial<SeriesFields>) => ask(api.PATCH(SERIES, { params: ofSeries(id), body }))
export const removeSeries = (id: string) => ask(api.DELETE(SERIES, { params: ofSeries(id) }))
export const orderEpisodes = (id: string, episodes: string[]) => ask(api.PUT(`${SERIES}/order`, { params: ofSeries(id), body: { episodes } }))
export const publish = (id: string, episodes: string[], publish_at: number | null) =>
  ask(api.POST(`${SERIES}/publish`, { params: ofSeries(id), body: { episodes, publish_at } }))
export const removeCover = (id: string) => ask(api.DELETE(`${SERIES}/cover`, { params: ofSeries(id) }))
export const editEpisode = (id: string, body: EpisodeEdit) => ask(api.PATCH(EPISODE, { params: ofEpisode(id), body }))
export const removeEpisode = (id: string) => ask(api.DELETE(EPISODE, { params: ofEpisode(id) }))
export const retryEpisode = (id: string) => ask(api.POST(`${EPISODE}/retry`, { params: ofEpisode(id) }))
export const removeTranscript = (id: string) => ask(api.DELETE(`${EPISODE}/transcript`, { params: ofEpisode(id) }))
export const putChapters = (id: string, chapters: Chapter[]) => ask(api.PUT(`${EPISODE}/chapters`, { params: ofEpisode(id), body: { chapters } }))
/** As members have them; of what is not published nobody has. */
export const getChapters = async (id: string): Promise<Chapter[]> =>
  (await ask(api.GET('/api/library/episodes/{episode_id}', { params: ofEpisode(id) }))).chapters.map(({ at_ms, title }) => ({ at_ms, title }))
export const listSpeakers = (signal?: AbortSignal) => ask(api.GET('/api/console/library/speakers', { signal }))
const ofSpeaker = (id: string) => ({ path: { speaker_id: id } })
const SPEAKER = '/api/console/library/speakers/{speaker_id}'
export const addSpeaker = (body: SpeakerFields) => ask(api.POST('/api/console/library/speakers', { body }))
export const editSpeaker = (id: string, body: SpeakerFields) => ask(api.PATCH(SPEAKER, { params: ofSpeaker(id), body }))
export const removeSpeaker = (id: string) => ask(api.DELETE(SPEAKER, { params: ofSpeaker(id) }))

/** A file as it is. */
async function put(path: string, body: Blob): Promise<void> {
  const method: Method = 'PUT'
  await send(new Request(new URL(path, location.origin), { method, credentials: 'same-origin', body, headers: { 'Content-Type': 'application/octet-stream' } }))
}
export const putCover = (id: string, picture: Blob) => put(address(`${SERIES}/cover`, ofSeries(id)), picture)
export const putTranscript = (id: string, text: Blob) => put(address(`${EPISODE}/transcript`, ofEpisode(id)), text)
