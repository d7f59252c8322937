import { describe, expect, it } from 'vitest'
import { Problem } from '@/api/problem'
import { covers, fillType, fromField, PIECE_BYTES, sendFile, toField } from './fills'

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })

/** A media service that keeps what it gets; `fail` decides about each PATCH. */
function service(size: number, had = 0, fail: (n: number) => Response | Error | 'lost' | null = () => null) {
  const pieces: number[] = []
  let received = had
  let n = 0
  const call = (async (_url: unknown, init: RequestInit = {}) => {
    if (init.method !== 'PATCH') return json({ received, bytes: size })
    const wrong = fail(n++)
    if (wrong instanceof Error) throw wrong
    if (wrong instanceof Response) return wrong
    const offset = Number((init.headers as Record<string, string>)['Upload-Offset'])
    if (offset !== received) return json({ code: 'upload_offset', received }, 409)
    received += (init.body as Blob).size
    pieces.push((init.body as Blob).size)
    if (wrong === 'lost') throw new TypeError('the answer was lost')
    return json({ received, bytes: size })
  }) as typeof fetch
  return { call, pieces }
}

const file = new Blob([new Uint8Array(2 * PIECE_BYTES + 10)])
const none = new AbortController().signal
const send = (call: typeof fetch, progress: (n: number) => void = () => {}) =>
  sendFile({ url: 'http://media/fill/x', file, signal: none, progress, fetch: call, wait: async () => {} })

describe('sending a file', () => {
  it('goes in pieces and tells how far it is', async () => {
    const { call, pieces } = service(file.size)
    const told: number[] = []
    await send(call, (n) => told.push(n))
    expect(pieces).toEqual([PIECE_BYTES, PIECE_BYTES, 10])
    expect(told).toEqual([0, PIECE_BYTES, 2 * PIECE_BYTES, file.size])
  })
  it('goes on where it stopped', async () => {
    const { call, pieces } = service(file.size, PIECE_BYTES)
    await send(call)
    expect(pieces).toEqual([PIECE_BYTES, 10])
  })
  it('tries again, and sends nothing twice when only the answer was lost', async () => {
    const faults = [new TypeError('no network'), json({ code: 'busy' }, 503), 'lost' as const]
    const { call, pieces } = service(file.size, 0, (n) => faults[n] ?? null)
    await send(call)
    expect(pieces).toEqual([PIECE_BYTES, PIECE_BYTES, 10])
  })
  it('stops at once when the file is none', async () => {
    let tries = 0
    const { call } = service(file.size, 0, () => {
      tries += 1
      return json({ code: 'not_a_recording' }, 415)
    })
    await expect(send(call)).rejects.toMatchObject({ code: 'not_a_recording' })
    expect(tries).toBe(1)
  })
  it('gives up after a while, with the reason', async () => {
    const { call } = service(file.size, 0, () => json({ code: 'storage' }, 503))
    await expect(send(call)).rejects.toBeInstanceOf(Problem)
  })
})

describe('the file and its time', () => {
  it('knows what it is by type or name', () => {
    expect(fillType(new File([], 'a.webm'))).toBe('video/webm')
    expect(fillType(new File([], 'a', { type: 'video/mp4;codecs=avc1' }))).toBe('video/mp4')
    expect(fillType(new File([], 'a.txt', { type: 'text/plain' }))).toBeNull()
  })
  it('is the centre’s time, whatever the PC is set to', () => {
    const at = Date.UTC(2026, 10, 22, 4, 30, 5, 120)
    expect(toField(at)).toBe('2026-11-22T12:30:05.120')
    expect(fromField(toField(at))).toBe(at)
    expect(fromField('')).toBeNull()
  })
  it('covers what of the gaps lies in it', () => {
    const gaps = [
      { from_ms: 1_000, to_ms: 5_000 },
      { from_ms: 8_000, to_ms: 9_000 },
    ]
    expect(covers(gaps, 2_000, 2_000)).toEqual([{ from_ms: 2_000, to_ms: 4_000 }])
    expect(covers(gaps, 2_000, null)).toEqual([{ from_ms: 2_000, to_ms: 5_000 }, gaps[1]])
    expect(covers(gaps, 5_000, 3_000)).toEqual([])
  })

  it('covers nothing where it has only a moment of a gap', () => {
    const gaps = [{ from_ms: 1_000, to_ms: 5_000 }]
    expect(covers(gaps, 0, 2_900)).toEqual([])
    expect(covers(gaps, 3_001, null)).toEqual([])
    expect(covers(gaps, 3_000, null)).toEqual([{ from_ms: 3_000, to_ms: 5_000 }])
  })
})
