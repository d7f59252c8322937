/** What was heard of the library, from the server's own document. */
import { address, api, ask } from '@/api/client'
import type { components } from '@/api/schema'
import { fetchFile, type Exported, type ExportFormat } from '@/console/exports/api'
import type { Span } from './figures'

type Schemas = components['schemas']
export type Figures = Schemas['HeardFigures']
export type BranchHeard = Schemas['BranchHeard']
export type EpisodeHeard = Schemas['EpisodeHeard']
export type EpisodeStats = Schemas['EpisodeStats']

const SERIES = '/api/console/library/series/{series_id}'

export const getLibraryFigures = (span: Span, signal?: AbortSignal) =>
  ask(api.GET('/api/console/library/stats', { params: { query: span }, signal }))
export const getSeriesFigures = (id: string, span: Span, signal?: AbortSignal) =>
  ask(api.GET(`${SERIES}/stats`, { params: { path: { series_id: id }, query: span }, signal }))
export const getEpisodeFigures = (id: string, span: Span, signal?: AbortSignal) =>
  ask(api.GET('/api/console/library/episodes/{episode_id}/stats', { params: { path: { episode_id: id }, query: span }, signal }))
export const getTitle = async (id: string, signal?: AbortSignal): Promise<string> =>
  (await ask(api.GET(SERIES, { params: { path: { series_id: id } }, signal }))).title
export const exportSeries = (id: string, span: Span, format: ExportFormat): Promise<Exported> =>
  fetchFile(address(`${SERIES}/stats/export`, { path: { series_id: id }, query: { ...span, format } }), `${id}.${format}`)
