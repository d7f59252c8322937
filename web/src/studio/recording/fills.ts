/**
 * Sending a file for a fill: in pieces, to the media service, going on where it stopped. Framework-free.
 */
import { Problem, problemFrom } from '@/api/problem'
import type { Piece } from '@/api/types'

/** What the media service takes at a time. */
export const PIECE_BYTES = 4 * 1024 * 1024
/** Waits between tries of a piece that did not get through; then the person is asked. */
const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000]

interface Arrived {
  received: number
  bytes: number
}

export interface Upload {
  url: string
  file: Blob
  signal: AbortSignal
  progress: (received: number) => void
  /** For tests. */
  fetch?: typeof fetch
  wait?: (ms: number) => Promise<void>
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Sends what is missing of the file; ends when all of it has arrived. Throws a `Problem`, or what the signal was aborted with. */
export async function sendFile(upload: Upload): Promise<void> {
  const { url, file, signal, progress, wait = pause } = upload
  const call = upload.fetch ?? fetch
  let { received } = await ask(() => call(url, { signal }))
  let tries = 0
  progress(received)
  while (received < file.size) {
    const piece = file.slice(received, received + PIECE_BYTES)
    try {
      const headers = { 'Upload-Offset': String(received), 'Content-Type': 'application/octet-stream' }
      const told = await ask(() => call(url, { method: 'PATCH', headers, body: piece, signal }))
      received = told.received
      tries = 0
      progress(received)
    } catch (thrown) {
      signal.throwIfAborted()
      const problem = thrown instanceof Problem ? thrown : null
      const again = problem === null || problem.offline || problem.status >= 500 || problem.code === 'upload_offset'
      const pauseMs = RETRY_MS[tries]
      if (!again || pauseMs === undefined) throw thrown
      tries += 1
      await wait(pauseMs)
      // A piece may have arrived although its answer did not.
      received = await ask(() => call(url, { signal })).then(
        (told) => told.received,
        () => received,
      )
    }
  }
}

async function ask(send: () => Promise<Response>): Promise<Arrived> {
  let response: Response
  try {
    response = await send()
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown
    throw new Problem(0, navigator.onLine === false ? 'offline' : 'unreachable')
  }
  if (!response.ok) throw await problemFrom(response)
  return (await response.json()) as Arrived
}

/** What the server calls the file, by its type or its name; null for what cannot be used. */
export function fillType(file: File): 'video/webm' | 'video/mp4' | null {
  if (/webm|matroska/.test(file.type) || /\.(webm|mkv)$/i.test(file.name)) return 'video/webm'
  if (/mp4|quicktime/.test(file.type) || /\.(mp4|m4v|mov)$/i.test(file.name)) return 'video/mp4'
  return null
}

/** A stretch of the lesson's timeline. */
/** A gap is filled in pieces of about this length, each wholly (GAP_SEGMENT of the media service): what a file has of a gap must be as long. */
const FILLED_MS = 2_000

/** Which of the gaps a file would fill that begins at `from` of the timeline; as far as it goes, where its length is known. */
export function covers(gaps: readonly Piece[], from: number, lengthMs: number | null): Piece[] {
  const to = lengthMs === null ? Infinity : from + lengthMs
  return gaps.flatMap((gap) => {
    const piece = { from_ms: Math.max(gap.from_ms, from), to_ms: Math.min(gap.to_ms, to) }
    return piece.to_ms - piece.from_ms >= Math.min(FILLED_MS, gap.to_ms - gap.from_ms) ? [piece] : []
  })
}

/** `2026-11-22T12:30:05.000` in China, as a field for date and time wants it; back with `fromField`. */
export function toField(at: number): string {
  return new Date(at + 8 * 3_600_000).toISOString().slice(0, 23)
}

export function fromField(text: string): number | null {
  const at = Date.parse(`${text}+08:00`)
  return Number.isFinite(at) ? at : null
}
