/** The lesson that waits behind a sign-in: kept from the page of the link, or asked for by its code. */
import { api, ask } from '@/api/client'
import type { components } from '@/api/schema'

export type Waiting = components['schemas']['SharedLesson']

let kept: { code: string; lesson: Waiting } | null = null

export function keepWaiting(code: string, lesson: Waiting): void {
  kept = { code, lesson }
}

/** Null: there is no such link any more; that is no reason not to sign in. */
export async function waitingLesson(code: string, signal?: AbortSignal): Promise<Waiting | null> {
  if (kept?.code === code) return kept.lesson
  return ask(api.GET('/api/share/{code}', { params: { path: { code } }, signal })).catch(() => null)
}
