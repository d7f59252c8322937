/**
 * The typed client: addresses, parameters and answers are checked against the server's document at compile time, with the types
 * of openapi-fetch. What runs is ours: of its runtime the pages need a tenth, and every phone would load all of it.
 */
import type { Client } from 'openapi-fetch'
import { request, type Method } from './request'
import type { paths } from './schema'

interface Call {
  params?: { path?: Record<string, string | number>; query?: Record<string, unknown> }
  body?: unknown
  signal?: AbortSignal
}

/** An address of the document with its parameters; what is not given is left out, a list is given one by one. */
export function address(path: string, { path: names = {}, query = {} }: NonNullable<Call['params']> = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(names[name])))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined && one !== null) search.append(name, String(one))
  }
  const text = search.toString()
  return text === '' ? filled : `${filled}?${text}`
}

const call =
  (method: Method) =>
  async (path: string, { params, body, signal }: Call = {}) => ({ data: await request(method, address(path, params), body, signal) })

/** Failures come as a `Problem`, never as a half answer. */
export const api = {
  GET: call('GET'),
  POST: call('POST'),
  PUT: call('PUT'),
  PATCH: call('PATCH'),
  DELETE: call('DELETE'),
} as unknown as Pick<Client<paths>, Method>

/** `await ask(api.GET('/api/home', { signal }))` */
export async function ask<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call
  return data as T
}
