/** An audio player with an element, a server and a clock that a test moves. */
import { vi } from 'vitest'
import { Problem } from '@/api/problem'
import type { Beat } from '@/api/types'
import { MemoryOutbox } from '../outboxStore'
import { AudioPlayer } from './audioPlayer'
import { FakeAudio } from './fakeAudio'
import { Poster } from './poster'
import type { OwnPlace } from './resume'
import type { AudioOptions, EpisodeGrant, Place, Track } from './types'

export const HOUR = 3_600_000

/** Three episodes of 100 s: e1 → e2 → e3. */
export function setup(more: { leaseMs?: number; place?: Place | null } = {}) {
  const audio = new FakeAudio()
  const beats: (Beat & { token: string; id: string })[] = []
  const server = {
    up: true,
    leases: 0,
    status: 200,
    places: new Map<string, Place>(),
    own: new Map<string, OwnPlace>(),
    tracks: [] as string[],
    begun: [] as string[],
  }
  let clock = 0
  const ends = new Map<string, number>()
  const ids = ['e1', 'e2', 'e3']
  const track = (id: string): Track => ({
    id,
    title: id,
    series: 's',
    speaker: '',
    cover: null,
    lengthMs: 100_000,
    chapters: [],
    previous: ids[ids.indexOf(id) - 1] ?? null,
    next: ids.includes(id) ? (ids[ids.indexOf(id) + 1] ?? null) : null,
  })
  const kept = { rate: 1, saver: false }
  const options: AudioOptions = {
    audio: audio as unknown as HTMLAudioElement,
    memberId: 'm',
    device: 'phone',
    store: new MemoryOutbox(),
    api: {
      lease: async (id): Promise<EpisodeGrant> => {
        if (!server.up) throw new Problem(0, 'unreachable')
        server.leases += 1
        const lease = `t${server.leases}`
        ends.set(lease, clock + (more.leaseMs ?? HOUR))
        return {
          lease,
          lease_id: lease,
          expires_at: clock + (more.leaseMs ?? HOUR),
          progress: null,
          item_id: id,
          version: 'v',
          length_ms: 100_000,
          sound: [
            { mime: 'audio/webm', url: 'no', bytes: 1, kbps: 24 },
            { mime: 'audio/mp4', url: `/audio/${lease}/${id}`, bytes: 1, kbps: 64 },
          ],
          place: server.places.get(id) ?? null,
        }
      },
      post: async (item, token, sent) => {
        if (!server.up) throw new Problem(0, 'unreachable')
        if (ends.get(token)! <= clock) throw new Problem(403, 'lease_expired')
        beats.push(...sent.map((b) => ({ ...b, token, id: item.id })))
        return { acked: sent.map((b) => b.seq), refused: [], progress: null, state: null }
      },
      beacon: () => true,
      uplink: (grant, outbox, events) =>
        new Poster({
          outbox,
          events,
          random: () => 0.5,
          post: (sent) => options.api.post({ kind: 'episode', id: grant.item_id }, grant.lease, sent),
        }),
    },
    track: async (id) => {
      server.tracks.push(id)
      if (!server.up) throw new Problem(0, 'unreachable')
      return track(id)
    },
    next: ({ next }) => next,
    begins: (id) => server.begun.push(id),
    places: { get: (id) => server.own.get(id) ?? null, set: (id, place) => void server.own.set(id, place) },
    taste: {
      rate: { get: () => kept.rate, set: (v) => void (kept.rate = v) },
      saver: { get: () => kept.saver, set: (v) => void (kept.saver = v) },
    },
    look: async () => server.status,
    random: () => 0.5,
    now: () => clock,
    serverNow: () => clock,
  }
  if (more.place) server.places.set('e1', more.place)
  const player = new AudioPlayer(options)
  /** Seconds pass, half a second at a time. */
  const pass = async (seconds: number) => {
    for (let s = 0; s < seconds; s += 0.5) {
      clock += 500
      audio.pass(0.5)
      await vi.advanceTimersByTimeAsync(500)
    }
  }
  /** Nothing of the page runs: a frozen tab. */
  const sleeps = (ms: number) => void (clock += ms)
  const settle = () => vi.advanceTimersByTimeAsync(100)
  /** The union is not needed here: every beat follows the one before. */
  const heard = (id: string) => beats.filter((b) => b.id === id).reduce((sum, b) => sum + b.to_ms - b.from_ms, 0)
  return { audio, player, server, beats, kept, pass, sleeps, settle, heard, track }
}
