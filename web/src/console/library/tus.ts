/** A file by tus 1.0: created at the server, sent to the media node in pieces, asked where it stopped before it goes on. */
import { DetailedError, Upload, type HttpResponse } from 'tus-js-client'
import { CREATE_UPLOADS } from './api'
import type { Send, SendWish } from './uploads'

/** A lost request costs no more than this. */
const PIECE_BYTES = 8 * 1024 * 1024
const AGAIN_MS = [0, 500, 1000, 3000, 5000, 10_000, 20_000, 30_000, 60_000]
/** These may be otherwise a moment later; 408: the line was silent for too long. */
const PASSING = [408, 409, 423, 429]
/** These will not, until somebody makes room. */
const FULL = ['quota_full', 'disk_full']

function body(response: HttpResponse | null): { code?: string; episode_id?: string } {
  try {
    return JSON.parse(response?.getBody() ?? '') as { code?: string; episode_id?: string }
  } catch {
    return {}
  }
}

export function codeOf(error: Error | DetailedError): string {
  const response = error instanceof DetailedError ? error.originalResponse : null
  if (!response || response.getStatus() === 0) return 'unreachable'
  return body(response).code ?? `http_${response.getStatus()}`
}

export function metadata({ chosen: { file, path }, series, episode, music, trim }: SendWish): Record<string, string> {
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
  return { filename: file.name.normalize('NFC'), series, ...(folder ? { folder } : {}), ...(episode ? { episode } : {}), ...(music ? { music: 'true' } : {}), ...(trim ? { trim: 'true' } : {}) }
}

export function mayPass(error: Error | DetailedError): boolean {
  const response = error instanceof DetailedError ? error.originalResponse : null
  const status = response?.getStatus() ?? 0
  if (FULL.includes(body(response).code ?? '')) return false
  return status === 0 || status >= 500 || PASSING.includes(status)
}

/** A file that was moved, deleted or taken by another program looks like a network that is gone. */
const readable = (file: File): Promise<boolean> =>
  file
    .slice(0, 1)
    .arrayBuffer()
    .then(() => true)
    .catch(() => false)

export const sendByTus: Send = (wish, events) => {
  let episode = wish.episode ?? ''
  /** It is asked for and not answered yet: stopping it now might make it twice. */
  let creating = false
  let stopped = false
  let halted: (() => void) | null = null
  const upload = new Upload(wish.chosen.file, {
    endpoint: new URL(CREATE_UPLOADS, location.href).href,
    ...(wish.url ? { uploadUrl: wish.url } : {}),
    chunkSize: PIECE_BYTES,
    retryDelays: AGAIN_MS,
    metadata: metadata(wish),
    // Where it goes on is ours to know (ledger.ts).
    storeFingerprintForResuming: false,
    onShouldRetry: (error) => {
      creating = false
      return !stopped && mayPass(error)
    },
    onBeforeRequest: (request) => {
      if (request.getMethod() === 'POST') creating = true
    },
    onAfterResponse: (request, response) => {
      if (request.getMethod() === 'POST' && response.getStatus() === 201) episode = body(response).episode_id ?? episode
    },
    onUploadUrlAvailable: () => {
      creating = false
      if (upload.url) events.created(upload.url, episode)
      if (stopped) void upload.abort().catch(() => undefined)
      halted?.()
    },
    onProgress: (sent) => events.progress(sent),
    onSuccess: () => events.done(),
    onError: (error) => {
      creating = false
      halted?.()
      if (stopped) return
      const code = codeOf(error)
      if (code !== 'unreachable') events.failed(code)
      else void readable(wish.chosen.file).then((fine) => events.failed(fine ? code : 'file_unreadable'))
    },
  })
  void readable(wish.chosen.file).then((fine) => {
    if (stopped) return
    if (fine) upload.start()
    else events.failed('file_unreadable')
  })
  return () => {
    stopped = true
    if (creating) return new Promise<void>((resolve) => (halted = resolve))
    void upload.abort().catch(() => undefined)
    return undefined
  }
}
