/** The library's calls to the server. */
import { address } from '@/api/client'
import { request } from '@/api/request'
import type { EpisodeGrant } from '@/player/audio/types'
import type { Device } from '@/player/platform'
import type { EpisodeCard, EpisodeDetail, Found, HistoryPage, Place, SeriesDetail, SeriesPage, Shelf, Transcript } from './types'

export interface SeriesFilter {
  category?: string
  speaker?: string
  favourite?: boolean
}

/** As much as one page of a list asks for. */
export const PAGE = 24

const of = (id: string) => ({ path: { id } })
const get = <T>(path: string, params: Parameters<typeof address>[1], signal?: AbortSignal) =>
  request<T>('GET', address(path, params), undefined, signal)

export const getShelf = (signal?: AbortSignal) => get<Shelf>('/api/library', {}, signal)
export const getSeries = (id: string, signal?: AbortSignal) => get<SeriesDetail>('/api/library/series/{id}', of(id), signal)
export const listSeries = (filter: SeriesFilter, offset: number, signal?: AbortSignal) =>
  get<SeriesPage>('/api/library/series', { query: { ...filter, offset, limit: PAGE } }, signal)
export const getEpisode = (id: string, signal?: AbortSignal) => get<EpisodeDetail>('/api/library/episodes/{id}', of(id), signal)
export const getTranscript = (id: string, signal?: AbortSignal) => get<Transcript>('/api/library/episodes/{id}/transcript', of(id), signal)
export const getPlaces = (id: string, signal?: AbortSignal) => get<{ places: Place[] }>('/api/library/episodes/{id}/places', of(id), signal)
export const search = (q: string, signal?: AbortSignal) => get<Found>('/api/library/search', { query: { q } }, signal)
export const getHistory = (offset: number, signal?: AbortSignal) =>
  get<HistoryPage>('/api/library/history', { query: { offset, limit: PAGE } }, signal)
export const getQueue = (signal?: AbortSignal) => get<{ episodes: EpisodeCard[] }>('/api/library/queue', {}, signal)
export const putQueue = (episodes: string[]) => request<{ episodes: EpisodeCard[] }>('PUT', '/api/library/queue', { episodes })
export const setFavourite = (seriesId: string, on: boolean) =>
  request<void>(on ? 'PUT' : 'DELETE', address('/api/library/favourites/{id}', of(seriesId)))
export const leaseEpisode = (id: string, device: Device) =>
  request<EpisodeGrant>('POST', address('/api/library/episodes/{id}/leases', of(id)), { device })
