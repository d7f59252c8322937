/** A file by tus 1.0: created at the server, sent to the media node in pieces, asked where it stopped before it goes on. */
import { DetailedError, Upload, type HttpResponse } from 'tus-js-client'
import { CREATE_UPLOADS } from './api'
import type { Send, SendWish } from './uploads'

/** A lost request costs no more than this. */
const PIECE_BYTES = 8 * 1024 * 1024
const AGAIN_MS = [0, 500, 1000, 3000, 5000, 10_000, 20_000, 30_000, 60_000]
/** These may be otherwise a moment later; 408: the line was silent for too long. */
const PASSING = [408, 409, 423, 429]

/** Whether to try again by itself: no answer, a server that has trouble, or one of those. */
export const passing = (status: number): boolean => status === 0 || status >= 500 || PASSING.includes(status)

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

function metadata({ chosen: { file, path }, series, episode }: SendWish): Record<string, string> {
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
  return { filename: file.name.normalize('NFC'), series, ...(folder ? { folder } : {}), ...(episode ? { episode } : {}) }
}

export const sendByTus: Send = (wish, events) => {
  let episode = wish.episode ?? ''
  const upload = new Upload(wish.chosen.file, {
    endpoint: new URL(CREATE_UPLOADS, location.href).href,
    ...(wish.url ? { uploadUrl: wish.url } : {}),
    chunkSize: PIECE_BYTES,
    retryDelays: AGAIN_MS,
    metadata: metadata(wish),
    // Where it goes on is ours to know (ledger.ts).
    storeFingerprintForResuming: false,
    onShouldRetry: (error) => passing(error.originalResponse?.getStatus() ?? 0),
    onAfterResponse: (request, response) => {
      if (request.getMethod() === 'POST' && response.getStatus() === 201) episode = body(response).episode_id ?? episode
    },
    onUploadUrlAvailable: () => upload.url && events.created(upload.url, episode),
    onProgress: (sent) => events.progress(sent),
    onSuccess: () => events.done(),
    onError: (error) => events.failed(codeOf(error)),
  })
  upload.start()
  return () => void upload.abort().catch(() => undefined)
}
