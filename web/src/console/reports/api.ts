/** Requests about reports, from the server's own document. */
import { api, ask } from '@/api/client'
import type { components } from '@/api/schema'

type Schemas = components['schemas']
export type YearReport = Schemas['YearReport']
export type ReportFigures = Schemas['ReportFigures']
export type ChildYear = Schemas['ChildYear']
export type ReportItem = Schemas['ReportItem']
export type ReportPerson = Schemas['ReportPerson']

export const WHO = ['counted', 'members', 'reached', 'reached_upper', 'below'] as const
export type Who = (typeof WHO)[number]

export interface Which {
  year?: number
  unit?: string
}

export const getYear = (query: Which, signal?: AbortSignal) => ask(api.GET('/api/console/reports/year', { params: { query }, signal }))
export const getItems = (query: Which & { month?: number; kind?: 'lesson' | 'episode'; page?: number }, signal?: AbortSignal) =>
  ask(api.GET('/api/console/reports/year/items', { params: { query }, signal }))
export const getPeople = (query: Which & { month?: number; who?: Who; page?: number }, signal?: AbortSignal) =>
  ask(api.GET('/api/console/reports/year/people', { params: { query }, signal }))
