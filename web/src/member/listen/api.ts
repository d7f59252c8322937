/** The library's calls to the server. */
import { api, ask } from '@/api/client'
import type { Device } from '@/player/platform'
import type { SeriesDetail } from './types'

export interface SeriesFilter {
  category?: string
  speaker?: string
  favourite?: boolean
}

/** As much as one page of a list asks for. */
export const PAGE = 24

const ofEpisode = (id: string) => ({ path: { episode_id: id } })
const ofSeries = (id: string) => ({ path: { series_id: id } })

export const getShelf = (signal?: AbortSignal) => ask(api.GET('/api/library', { signal }))
export const getSeries = async (id: string, signal?: AbortSignal) =>
  (await ask(api.GET('/api/library/series/{series_id}', { params: ofSeries(id), signal }))) as unknown as SeriesDetail
export const listSeries = (filter: SeriesFilter, offset: number, signal?: AbortSignal) =>
  ask(api.GET('/api/library/series', { params: { query: { ...filter, offset, limit: PAGE } }, signal }))
export const getEpisode = (id: string, signal?: AbortSignal) =>
  ask(api.GET('/api/library/episodes/{episode_id}', { params: ofEpisode(id), signal }))
export const getTranscript = (id: string, signal?: AbortSignal) =>
  ask(api.GET('/api/library/episodes/{episode_id}/transcript', { params: ofEpisode(id), signal }))
export const getPlaces = (id: string, signal?: AbortSignal) =>
  ask(api.GET('/api/library/episodes/{episode_id}/places', { params: ofEpisode(id), signal }))
export const search = (q: string, signal?: AbortSignal) => ask(api.GET('/api/library/search', { params: { query: { q } }, signal }))
export const getHistory = (offset: number, signal?: AbortSignal) =>
  ask(api.GET('/api/library/history', { params: { query: { offset, limit: PAGE } }, signal }))
export const getQueue = (signal?: AbortSignal) => ask(api.GET('/api/library/queue', { signal }))
export const putQueue = (episodes: string[]) => ask(api.PUT('/api/library/queue', { body: { episodes } }))
export const setFavourite = async (id: string, on: boolean): Promise<void> => {
  const path = '/api/library/favourites/{series_id}'
  await ask(on ? api.PUT(path, { params: ofSeries(id) }) : api.DELETE(path, { params: ofSeries(id) }))
}
export const leaseEpisode = (id: string, device: Device) =>
  ask(api.POST('/api/library/episodes/{episode_id}/leases', { params: ofEpisode(id), body: { device } }))
