import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '@/api/problem'
import type { AudioPlayer } from './audioPlayer'
import { setup } from './fakePlayer'
import type { AudioOptions } from './types'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the player of episodes, refused, cut off and hurried', () => {
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
