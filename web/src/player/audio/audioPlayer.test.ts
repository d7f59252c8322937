import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { HOUR, setup } from './fakePlayer'

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
})
