/** Measures whether the picture would come, while only the sound plays: a piece of a segment, and no more of the line than that. */

/** As much as is asked for, and as long as it may take. */
const PIECE_BYTES = 128 * 1024
const LONGEST_MS = 2500

export interface Found {
  bps: number | null
  needBps: number | null
}

/** The smallest picture of a multivariant playlist: what it takes with its sound, bits per second, and its address. */
export function smallestPicture(multivariant: string): { needBps: number; uri: string } | null {
  const lines = multivariant.split('\n')
  let found: { needBps: number; uri: string } | null = null
  lines.forEach((line, at) => {
    if (!line.startsWith('#EXT-X-STREAM-INF:') || !line.includes('RESOLUTION=')) return
    const needBps = Number(/AVERAGE-BANDWIDTH=(\d+)/.exec(line)?.[1] ?? /BANDWIDTH=(\d+)/.exec(line)?.[1])
    const uri = lines[at + 1]
    if (uri && needBps > 0 && (!found || needBps < found.needBps)) found = { needBps, uri }
  })
  return found
}

/** The last whole segment that has media. */
export function lastSegment(playlist: string): string | null {
  let [gap, last]: [boolean, string | null] = [false, null]
  for (const line of playlist.split('\n')) {
    if (line.startsWith('#EXT-X-GAP')) gap = true
    else if (line !== '' && !line.startsWith('#')) [last, gap] = [gap ? last : line, false]
  }
  return last
}

/** `bps` null: nothing could be measured, which speaks against the line. */
export async function probe(url: string, now: () => number, signal: AbortSignal): Promise<Found> {
  let needBps: number | null = null
  try {
    const picture = smallestPicture(await text(url, signal))
    if (!picture) return { bps: null, needBps }
    needBps = picture.needBps
    const list = new URL(picture.uri, url).href
    const segment = lastSegment(await text(list, signal))
    return { bps: segment ? await measure(new URL(segment, list).href, now, signal) : null, needBps }
  } catch {
    return { bps: null, needBps }
  }
}

async function measure(url: string, now: () => number, signal: AbortSignal): Promise<number | null> {
  const response = await fetch(url, { headers: { Range: `bytes=0-${PIECE_BYTES - 1}` }, cache: 'no-store', signal })
  const reader = response.ok ? response.body?.getReader() : undefined
  if (!reader) return null
  const began = now()
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    bytes += value?.byteLength ?? 0
    if (done || now() - began > LONGEST_MS) break
  }
  void reader.cancel().catch(() => undefined)
  return (bytes * 8000) / Math.max(1, now() - began)
}

export async function text(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { cache: 'no-store', signal })
  return response.ok ? response.text() : ''
}
