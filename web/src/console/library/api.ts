/** Requests about the library as organizers keep it. */
import { address } from '@/api/client'
import { request, send, type Method } from '@/api/request'
import type { Chapter, ConsoleSeries, ConsoleSeriesDetail, EpisodeEdit, SeriesFields, SeriesList } from './types'

export const CREATE_UPLOADS = '/api/console/library/uploads'

const series = (id: string, rest = '') => address(`/api/console/library/series/{id}${rest}`, { path: { id } })
const episode = (id: string, rest = '') => address(`/api/console/library/episodes/{id}${rest}`, { path: { id } })

export const listSeries = (signal?: AbortSignal) => request<SeriesList>('GET', '/api/console/library/series', undefined, signal)
export const addSeries = (body: SeriesFields & { unit_id: string }) => request<ConsoleSeries>('POST', '/api/console/library/series', body)
export const getSeries = (id: string, signal?: AbortSignal) => request<ConsoleSeriesDetail>('GET', series(id), undefined, signal)
export const editSeries = (id: string, body: Partial<SeriesFields>) => request<ConsoleSeriesDetail>('PATCH', series(id), body)
export const removeSeries = (id: string) => request<void>('DELETE', series(id))
export const orderEpisodes = (id: string, episodes: string[]) => request<ConsoleSeriesDetail>('PUT', series(id, '/order'), { episodes })
export const publish = (id: string, episodes: string[], publish_at: number | null) => request<ConsoleSeriesDetail>('POST', series(id, '/publish'), { episodes, publish_at })
export const editEpisode = (id: string, body: EpisodeEdit) => request<ConsoleSeriesDetail>('PATCH', episode(id), body)
export const removeEpisode = (id: string) => request<void>('DELETE', episode(id))
export const retryEpisode = (id: string) => request<ConsoleSeriesDetail>('POST', episode(id, '/retry'))
export const putChapters = (id: string, chapters: Chapter[]) => request<Chapter[]>('PUT', episode(id, '/chapters'), { chapters })
/** As members have them; of what is not published nobody has. */
export const getChapters = async (id: string): Promise<Chapter[]> =>
  (await request<{ chapters: Chapter[] }>('GET', address('/api/library/episodes/{id}', { path: { id } }))).chapters.map(({ at_ms, title }) => ({ at_ms, title }))
export const listSpeakers = (signal?: AbortSignal) => request<{ id: string; name: string }[]>('GET', '/api/console/library/speakers', undefined, signal)

const file = async (method: Method, path: string, body?: Blob): Promise<void> => {
  await send(new Request(new URL(path, location.origin), { method, credentials: 'same-origin', body, headers: body ? { 'Content-Type': 'application/octet-stream' } : {} }))
}
export const putCover = (id: string, picture: Blob) => file('PUT', series(id, '/cover'), picture)
export const removeCover = (id: string) => file('DELETE', series(id, '/cover'))
export const putTranscript = (id: string, text: Blob) => file('PUT', episode(id, '/transcript'), text)
export const removeTranscript = (id: string) => file('DELETE', episode(id, '/transcript'))
