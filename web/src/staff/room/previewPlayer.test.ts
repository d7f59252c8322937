import { beforeEach, describe, expect, it } from 'vitest'
import type { Engine, EngineEvents } from '@/player/engine'
import { PreviewPlayer, type PreviewLease, type PreviewState } from './previewPlayer'

class FakeEngine implements Engine {
  loaded: string[] = []
  destroyed = false
  constructor(readonly events: EngineEvents) {}
  load(url: string): void {
    this.loaded.push(url)
  }
  swapLease(): boolean {
    return false
  }
  resume(): void {}
  date(): null {
    return null
  }
  seekToDate(): boolean {
    return false
  }
  seekLive(): void {}
  behindLiveMs(): null {
    return null
  }
  destroy(): void {
    this.destroyed = true
  }
}

let engines: FakeEngine[]
let leases: (PreviewLease | Error)[]
let asked: number
let states: PreviewState[]
let timers: Map<number, { run: () => void; ms: number }>
let supported: boolean
let player: PreviewPlayer

const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await Promise.resolve()
}
const fire = async (): Promise<number> => {
  const [id, timer] = [...timers.entries()][0]!
  timers.delete(id)
  timer.run()
  await settle()
  return timer.ms
}

beforeEach(() => {
  engines = []
  leases = []
  asked = 0
  states = []
  timers = new Map()
  supported = true
  let id = 0
  player = new PreviewPlayer({
    lease: () => {
      const next = leases[asked] ?? { live_url: `u${asked}`, expires_at: 3_600_000 }
      asked += 1
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next)
    },
    engine: (events) => {
      if (!supported) return Promise.resolve(null)
      const engine = new FakeEngine(events)
      engines.push(engine)
      return Promise.resolve(engine)
    },
    onState: (s) => states.push(s),
    now: () => 0,
    setTimer: (run, ms) => {
      timers.set(++id, { run, ms })
      return id
    },
    clearTimer: (t) => timers.delete(t),
    random: () => 1,
  })
})

describe('the preview', () => {
  it('opens with a lease and plays', async () => {
    player.start()
    await settle()
    expect(engines[0]?.loaded).toEqual(['u0'])
    engines[0]?.events.ready()
    expect(states).toEqual(['opening', 'playing'])
  })

  it('tries again with the same lease after the network failed, later each time', async () => {
    player.start()
    await settle()
    engines[0]?.events.failed('network', '')
    expect(engines[0]?.destroyed).toBe(true)
    expect(await fire()).toBe(1000)
    engines[1]?.events.failed('media', '')
    expect(await fire()).toBe(2000)
    expect(asked).toBe(1)
    expect(states.at(-1)).toBe('opening')
  })

  it('asks for another lease when the old one is refused', async () => {
    player.start()
    await settle()
    engines[0]?.events.failed('lease', '')
    await fire()
    expect(asked).toBe(2)
    expect(engines[1]?.loaded).toEqual(['u1'])
  })

  it('waits while there is no address yet, and survives a server that does not answer', async () => {
    leases = [new Error('down'), { live_url: null, expires_at: 3_600_000 }]
    player.start()
    await settle()
    expect(states.at(-1)).toBe('retrying')
    await fire()
    expect(states.at(-1)).toBe('retrying')
    await fire()
    expect(engines[0]?.loaded).toEqual(['u2'])
  })

  it('loads afresh when the lesson begins, and before the lease ends', async () => {
    player.start()
    await settle()
    engines[0]?.events.ready()
    player.restart()
    await settle()
    expect(engines[0]?.destroyed).toBe(true)
    engines[1]?.events.ready()
    expect(await fire()).toBe(3_540_000)
    expect(engines).toHaveLength(3)
  })

  it('is quiet once stopped, even if an answer comes late', async () => {
    player.start()
    player.stop()
    await settle()
    expect(engines.every((e) => e.destroyed)).toBe(true)
    expect(states.at(-1)).toBe('idle')
    expect(timers.size).toBe(0)
  })

  it('says so where nothing can play it', async () => {
    supported = false
    player.start()
    await settle()
    expect(states.at(-1)).toBe('unsupported')
  })
})
