/** The typed client: addresses, parameters and answers are checked against the server's document at compile time. */
import createClient from 'openapi-fetch'
import { send } from './request'
import type { paths } from './schema'

/** Failures come as a `Problem`, never as a half answer. */
export const api = createClient<paths>({ baseUrl: location.origin, credentials: 'same-origin', fetch: send })

/** `await ask(api.GET('/api/home', { signal }))` */
export async function ask<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call
  return data as T
}
