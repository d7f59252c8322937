import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '@/api/problem'
import type { Beat } from '@/api/types'
import { MemoryOutbox } from '../outboxStore'
import { AudioPlayer } from './audioPlayer'
import { FakeAudio } from './fakeAudio'
import { Poster } from './poster'
import type { OwnPlace } from './resume'
import type { AudioOptions, EpisodeGrant, Place, Track } from './types'

const HOUR = 3_600_000

/** Three episodes of 100 s: e1 → e2 → e3. */
function setup(more: { leaseMs?: number; place?: Place | null } = {}) {
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

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the player of episodes', () => {
  it('plays after one tap, and claims what was played', async () => {
    const { player, audio, pass, settle, heard, server } = setup()
    player.play({ id: 'e1', title: 'e1' })
    await settle()
    expect([player.state.stage, audio.src]).toEqual(['playing', '/audio/t1/e1'])
    await pass(20)
    player.pause()
    await settle()
    expect(player.state.stage).toBe('paused')
    expect(heard('e1')).toBe(20_000)
    expect(server.begun).toEqual(['e1'])
    player.destroy()
  })

  it('goes on where it was heard last, and starts a finished one anew (audiobookshelf#3403)', async () => {
    const at = setup({ place: { position_ms: 42_000, heard_at: 5, device: 'desktop', finished: false } })
    at.player.play({ id: 'e1', title: '' })
    await at.settle()
    expect(at.audio.currentTime).toBe(42)
    const over = setup({ place: { position_ms: 100_000, heard_at: 5, device: 'desktop', finished: true } })
    over.player.play({ id: 'e1', title: '' })
    await over.settle()
    expect(over.audio.currentTime).toBe(0)
    await over.pass(30)
    expect(over.server.own.get('e1')).toMatchObject({ finished: false })
    at.player.destroy()
    over.player.destroy()
  })

  it('keeps what this device heard offline above an older place of the server, which stays one tap away (Prologue#350)', async () => {
    const { player, audio, server, settle } = setup({ place: { position_ms: 2000, heard_at: 5, device: 'desktop', finished: false } })
    server.own.set('e1', { positionMs: 40_000, heardAt: 1000, finished: false })
    player.play({ id: 'e1', title: '' })
    await settle()
    expect([audio.currentTime, player.state.other?.position_ms]).toEqual([40, 2000])
    player.destroy()
    const far = setup({ place: { position_ms: 5000, heard_at: 9000, device: 'desktop', finished: false } })
    far.server.own.set('e1', { positionMs: 40_000, heardAt: 1000, finished: false })
    far.player.play({ id: 'e1', title: '' })
    await far.settle()
    expect([far.audio.currentTime, far.player.state.other?.position_ms]).toEqual([5, 40_000])
    far.player.takeOther()
    expect([far.audio.currentTime, far.player.state.undoMs]).toEqual([40, 5000])
    far.player.undo()
    expect(far.audio.currentTime).toBe(5)
    far.player.destroy()
  })

  it('writes no place of an episode that was only opened', async () => {
    const { player, server, settle, beats, pass } = setup()
    player.prime({ id: 'e1', title: '' })
    await settle()
    await pass(60)
    expect([player.state.stage, player.state.primed, server.own.size, beats.length]).toEqual(['ready', true, 0, 0])
    player.play({ id: 'e1', title: '' })
    await settle()
    expect([player.state.stage, server.leases]).toEqual(['playing', 1])
    player.destroy()
  })

  it('begins the next episode without asking for anything, though the API is gone 5 s before the end (navidrome#1802)', async () => {
    const { player, audio, server, pass, heard, settle } = setup()
    player.play({ id: 'e1', title: '' })
    await settle()
    await pass(95)
    server.up = false
    await pass(4)
    const before = server.leases
    audio.pass(1)
    // In the very event: nothing was awaited.
    expect([audio.src, audio.paused, player.state.track?.id]).toEqual(['/audio/t2/e2', false, 'e2'])
    await pass(10)
    expect([player.state.stage, server.leases]).toEqual(['playing', before])
    server.up = true
    await pass(30)
    expect(heard('e1')).toBeGreaterThanOrEqual(99_000)
    expect(heard('e2')).toBeGreaterThan(0)
    player.destroy()
  })

  it('asks for no next episode before this one is near its end', async () => {
    const { player, server, pass, settle } = setup()
    player.play({ id: 'e1', title: '' })
    await settle()
    await pass(9)
    expect(server.leases).toBe(1)
    await pass(5)
    expect(server.leases).toBe(2)
    player.destroy()
  })

  it('never plays again by itself after a pause that nobody here asked for (AntennaPod#5251)', async () => {
    const { player, audio, server, pass, settle } = setup({ leaseMs: 120_000 })
    player.play({ id: 'e1', title: '' })
    await settle()
    await pass(10)
    audio.interrupt()
    const { plays } = audio
    server.up = false
    await pass(130)
    server.up = true
    dispatchEvent(new Event('online'))
    document.dispatchEvent(new Event('visibilitychange'))
    audio.breaks()
    await pass(60)
    expect([audio.plays, player.state.stage]).toEqual([plays, 'paused'])
    player.resume()
    await settle()
    expect(player.state.stage).toBe('playing')
    expect(Math.round(audio.currentTime)).toBe(10)
    player.destroy()
  })

  it('goes on at the same place when the lease ran out during a pause, without a word (silo-server#851)', async () => {
    const { player, audio, heard, server, pass, sleeps, settle } = setup({ leaseMs: 60_000 })
    player.play({ id: 'e1', title: '' })
    await settle()
    await pass(5)
    player.pause()
    await settle()
    sleeps(300_000)
    // The buffer is gone, too, and the old address is not ours any more.
    audio.dead = (src) => src.includes('t1/')
    audio.breaks()
    const problems: unknown[] = []
    const follow = player.subscribe((s) => s.problem && problems.push(s.problem))
    player.resume()
    await settle()
    expect([player.state.stage, audio.src, Math.round(audio.currentTime)]).toEqual(['playing', `/audio/t${server.leases}/e1`, 5])
    await pass(20)
    player.pause()
    await settle()
    expect(problems).toEqual([])
    expect(heard('e1')).toBe(25_000)
    follow()
    player.destroy()
  })

  it('claims under the new lease what is played from the buffer while that is on its way', async () => {
    const { player, heard, pass, sleeps, settle, server } = setup({ leaseMs: 60_000 })
    player.play({ id: 'e1', title: '' })
    await settle()
    await pass(5)
    player.pause()
    await settle()
    sleeps(300_000)
    server.up = false
    player.resume()
    await settle()
    await pass(3)
    server.up = true
    dispatchEvent(new Event('online'))
    await pass(3)
    player.pause()
    await settle()
    expect(heard('e1')).toBe(11_000)
    player.destroy()
  })

  it('comes back at the same place after a broken connection, by the same lease', async () => {
    const { player, audio, server, pass, settle } = setup()
    player.play({ id: 'e3', title: '' })
    await settle()
    await pass(20)
    audio.dead = () => true
    audio.breaks()
    await settle()
    expect(player.state.stage).toBe('reconnecting')
    await pass(3)
    audio.dead = () => false
    dispatchEvent(new Event('online'))
    await pass(2)
    expect([player.state.stage, server.leases]).toEqual(['playing', 1])
    expect(audio.currentTime).toBeGreaterThanOrEqual(20)
    expect(audio.currentTime).toBeLessThan(23)
    player.destroy()
  })

  it('asks for another lease when the address is refused or gone', async () => {
    const { player, audio, server, pass, settle } = setup()
    player.play({ id: 'e3', title: '' })
    await settle()
    await pass(20)
    server.status = 403
    audio.dead = (src) => src.includes('t1/')
    audio.breaks()
    await pass(1)
    expect([player.state.stage, audio.src]).toEqual(['playing', '/audio/t2/e3'])
    player.destroy()
  })

  it('stops in this episode when the timer says so, though +15 s jumps over its end (AntennaPod#8591)', async () => {
    const { player, audio, server, settle, pass } = setup()
    player.play({ id: 'e1', title: '' }, 95_000)
    await settle()
    await pass(1)
    player.setSleep('end')
    player.seekBy(15_000)
    audio.pass(0.5)
    await pass(10)
    expect([player.state.stage, player.state.track?.id, player.state.sleep]).toEqual(['over', 'e1', null])
    expect(server.own.has('e2')).toBe(false)
    player.destroy()
  })

  it('counts only what is heard: 5 of 15 minutes, an hour of pause, 10 left (pocket-casts-android#2266)', async () => {
    const { player, audio, pass, sleeps, settle } = setup()
    audio.length = () => 4000
    player.play({ id: 'e1', title: '' })
    await settle()
    player.setSleep(15)
    await pass(300)
    player.pause()
    await settle()
    sleeps(HOUR)
    expect(player.state.sleepLeftMs).toBeGreaterThanOrEqual(599_000)
    expect(player.state.sleepLeftMs).toBeLessThanOrEqual(601_000)
    player.resume()
    await pass(599)
    expect(player.state.stage).toBe('playing')
    await pass(3)
    expect([player.state.stage, player.state.sleep]).toEqual(['paused', null])
    player.destroy()
  })

  it('claims 15 min 10 s when the timer stopped it and the tab stayed open for eight hours (ShelfPlayer#152)', async () => {
    const { player, audio, pass, sleeps, settle, heard } = setup()
    audio.length = () => 4000
    player.play({ id: 'e1', title: '' })
    await settle()
    player.setSleep(15)
    await pass(901)
    expect(player.state.stage).toBe('paused')
    sleeps(8 * HOUR)
    player.resume()
    await pass(10)
    player.pause()
    await settle()
    expect(Math.abs(heard('e1') - 910_000)).toBeLessThanOrEqual(1000)
    player.destroy()
  })

  it('keeps the chosen speed for the next episode, with the pitch kept', async () => {
    const { player, audio, kept, pass, settle } = setup()
    player.play({ id: 'e1', title: '' })
    await settle()
    player.setRate(1.5)
    await pass(70)
    expect(player.state.track?.id).toBe('e2')
    expect([audio.playbackRate, audio.preservesPitch, kept.rate]).toEqual([1.5, true, 1.5])
    player.destroy()
  })

  it('plays twenty lengths to the end without an error, one of them unknown (spotiarr#231)', async () => {
    const { player, audio, pass, settle } = setup()
    for (let n = 0; n < 20; n += 1) {
      audio.length = () => (n === 7 ? Number.NaN : 3.3 + n / 7)
      player.play({ id: n % 2 ? 'e3' : 'x', title: '' })
      await settle()
      await pass(7)
      if (n !== 7) expect(player.state.stage, String(n)).toBe('over')
    }
    player.destroy()
  })

  it('says that the server refuses it, and does not go on asking', async () => {
    const { player, server, settle } = setup()
    server.up = true
    const refused = vi
      .spyOn((player as unknown as { options: AudioOptions }).options.api, 'lease')
      .mockRejectedValue(new Problem(404, 'not_found'))
    player.play({ id: 'e1', title: '' })
    await settle()
    await vi.advanceTimersByTimeAsync(60_000)
    expect([player.state.stage, player.state.problem?.code, refused.mock.calls.length]).toEqual(['failed', 'not_found', 1])
    player.destroy()
  })

  it('loses nothing of one episode when another is chosen', async () => {
    const { player, pass, settle, heard } = setup()
    player.play({ id: 'e1', title: '' })
    await settle()
    await pass(10)
    player.play({ id: 'e3', title: '' })
    await settle()
    await pass(5)
    player.pause()
    await settle()
    expect([heard('e1'), heard('e3')]).toEqual([10_000, 5000])
    player.destroy()
  })

  /** The API answers leases with this problem from now on. */
  const refuse = (player: AudioPlayer, problem: Problem) =>
    vi.spyOn((player as unknown as { options: AudioOptions }).options.api, 'lease').mockRejectedValue(problem)

  it('says so and stops, to be tried again by a tap, when a new lease is refused while it reconnects', async () => {
    const { player, audio, server, pass, settle } = setup()
    player.play({ id: 'e3', title: '' })
    await settle()
    await pass(20)
    const refused = refuse(player, new Problem(410, 'episode_withdrawn'))
    server.status = 403
    audio.dead = () => true
    audio.breaks()
    await pass(60)
    expect([player.state.stage, player.state.problem?.code, refused.mock.calls.length]).toEqual(['failed', 'episode_withdrawn', 1])
    refused.mockRestore()
    audio.dead = (src) => src.includes('t1/')
    player.resume()
    await settle()
    expect([player.state.stage, Math.round(audio.currentTime)]).toEqual(['playing', 20])
    player.destroy()
  })

  it('does not ask for lease after lease when the address refuses each of them: it says that it failed', async () => {
    const { player, audio, server, pass, settle } = setup()
    player.play({ id: 'e3', title: '' })
    await settle()
    await pass(20)
    server.status = 403
    audio.dead = () => true
    audio.breaks()
    await pass(300)
    expect([player.state.stage, player.state.why]).toEqual(['failed', 'broken'])
    expect(server.leases).toBeLessThan(9)
    const { leases } = server
    await pass(300)
    expect(server.leases).toBe(leases)
    player.destroy()
  })

  it('waits for a network that is away, however long', async () => {
    const { player, audio, server, pass, settle } = setup()
    player.play({ id: 'e3', title: '' })
    await settle()
    await pass(20)
    server.status = 0
    audio.dead = () => true
    audio.breaks()
    await pass(900)
    expect(player.state.stage).toBe('reconnecting')
    audio.dead = () => false
    server.status = 200
    await pass(15)
    expect(player.state.stage).toBe('playing')
    player.destroy()
  })

  it('lets a slow connection come: what trickles is not begun anew', async () => {
    const { player, audio, pass, settle } = setup()
    player.play({ id: 'e3', title: '' })
    await settle()
    await pass(5)
    const load = vi.spyOn(audio, 'load')
    audio.starves()
    for (let n = 0; n < 10; n += 1) {
      await pass(5)
      audio.trickles()
    }
    expect([player.state.stage, load.mock.calls.length]).toEqual(['buffering', 0])
    await pass(10)
    expect(load.mock.calls.length).toBeGreaterThan(0)
    player.destroy()
  })

  it('stays on what it has while the next episode is not there yet, and begins it when it is', async () => {
    const { player, audio, server, pass, settle } = setup()
    player.play({ id: 'e1', title: 'e1' })
    await settle()
    server.up = false
    await pass(120)
    expect([player.state.stage, player.state.track?.id, player.state.coming, audio.src]).toEqual(['over', 'e1', 'e2', '/audio/t1/e1'])
    expect(player.state.nextProblem?.code).toBe('unreachable')
    server.up = true
    dispatchEvent(new Event('online'))
    await settle()
    expect([player.state.stage, player.state.track?.id, player.state.coming]).toEqual(['playing', 'e2', null])
    player.destroy()
  })

  it('says why the next episode does not come, and does not wait for it', async () => {
    const { player, pass, settle } = setup()
    player.play({ id: 'e1', title: 'e1' })
    await settle()
    const refused = refuse(player, new Problem(409, 'not_ready'))
    await pass(120)
    const asked = refused.mock.calls.length
    await pass(120)
    expect([player.state.stage, player.state.track?.id, player.state.coming, player.state.nextProblem?.code]).toEqual([
      'over',
      'e1',
      null,
      'not_ready',
    ])
    expect(refused.mock.calls.length).toBe(asked)
    player.resume()
    await settle()
    expect([player.state.stage, Math.round(player.state.positionMs)]).toEqual(['playing', 0])
    player.destroy()
  })

  it('plays on while the next one is fetched, and two taps on 下一集 are one', async () => {
    const { player, audio, server, pass, settle } = setup()
    player.play({ id: 'e1', title: 'e1' })
    await settle()
    await pass(5)
    server.up = false
    player.skip(1)
    player.skip(1)
    await pass(5)
    player.skip(1)
    expect([player.state.stage, player.state.track?.id, Math.round(audio.currentTime)]).toEqual(['playing', 'e1', 10])
    server.up = true
    await pass(8)
    expect([player.state.track?.id, player.state.stage, server.leases]).toEqual(['e2', 'playing', 2])
    player.destroy()
  })

  it('opens once when it is tapped twice, and begins where it was told meanwhile', async () => {
    const { player, audio, server, settle } = setup({ place: { position_ms: 42_000, heard_at: 5, device: 'desktop', finished: false } })
    player.play({ id: 'e1', title: 'e1' })
    player.play({ id: 'e1', title: 'e1' })
    player.play({ id: 'e1', title: 'e1' }, 30_000)
    await settle()
    expect([server.leases, server.tracks, audio.currentTime, player.state.stage]).toEqual([1, ['e1'], 30, 'playing'])
    player.destroy()
  })

  it('forgets the sleep timer when it is closed', async () => {
    const { player, settle, pass } = setup()
    player.play({ id: 'e1', title: '' })
    await settle()
    player.setSleep(15)
    player.close()
    player.play({ id: 'e3', title: '' })
    await settle()
    await pass(5)
    expect([player.state.sleep, player.state.sleepLeftMs]).toEqual([null, null])
    player.destroy()
  })

  it('offers, when it is looked at again, the place where another tab went on', async () => {
    const { player, server, settle, pass } = setup()
    player.play({ id: 'e1', title: '' })
    await settle()
    await pass(10)
    player.pause()
    await settle()
    server.own.set('e1', { positionMs: 70_000, heardAt: server.own.get('e1')!.heardAt + 60_000, finished: false })
    document.dispatchEvent(new Event('visibilitychange'))
    expect(player.state.other?.position_ms).toBe(70_000)
    player.takeOther()
    expect([player.state.positionMs, player.state.other]).toEqual([70_000, null])
    player.destroy()
  })
})
