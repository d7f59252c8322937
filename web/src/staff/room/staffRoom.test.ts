import { beforeEach, describe, expect, it } from 'vitest'
import { CLOSE_TOO_MANY, StaffRoom, type Link, type SocketLike } from './staffRoom'

class FakeSocket implements SocketLike {
  onopen: ((e: Event) => void) | null = null
  onmessage: ((e: MessageEvent) => void) | null = null
  onclose: ((e: CloseEvent) => void) | null = null
  closed = false
  close(): void {
    this.closed = true
  }
  say(value: unknown): void {
    this.onmessage?.(new MessageEvent('message', { data: typeof value === 'string' ? value : JSON.stringify(value) }))
  }
}

let sockets: FakeSocket[]
let timers: Map<number, { run: () => void; ms: number }>
let links: Link[]
let states: { phase: string }[]
let room: StaffRoom<{ phase: string }>

const last = (): FakeSocket => sockets.at(-1)!
const fire = (): number => {
  const [id, timer] = [...timers.entries()][0]!
  timers.delete(id)
  timer.run()
  return timer.ms
}

beforeEach(() => {
  sockets = []
  timers = new Map()
  links = []
  states = []
  let id = 0
  room = new StaffRoom({
    open: () => {
      const socket = new FakeSocket()
      sockets.push(socket)
      return socket
    },
    onState: (s) => states.push(s),
    onLink: (l) => links.push(l),
    setTimer: (run, ms) => {
      timers.set(++id, { run, ms })
      return id
    },
    clearTimer: (t) => timers.delete(t),
    random: () => 0.5,
  })
  room.start()
})

describe('the staff’s end of a room', () => {
  it('hands on states and ignores what is none', () => {
    last().onopen?.(new Event('open'))
    last().say({ type: 'state', phase: 'planned' })
    last().say({ type: 'ack', acked: [] })
    last().say('not json')
    last().say('null')
    expect(states.map((s) => s.phase)).toEqual(['planned'])
    expect(links).toEqual(['connecting', 'open'])
    expect(timers.size).toBe(0)
  })

  it('comes back by itself, waiting longer each time, and says so', () => {
    last().onopen?.(new Event('open'))
    const pauses: number[] = []
    for (let i = 0; i < 6; i++) {
      last().onclose?.(new Event('close') as CloseEvent)
      pauses.push(fire())
    }
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 8000])
    expect(links.at(-1)).toBe('lost')
    last().onopen?.(new Event('open'))
    last().say({ type: 'state', phase: 'live' })
    last().onclose?.(new Event('close') as CloseEvent)
    expect(fire()).toBe(500)
  })

  it('takes a silent socket for dead while the lesson is live', () => {
    last().onopen?.(new Event('open'))
    last().say({ type: 'state', phase: 'live' })
    const silent = last()
    expect(fire()).toBe(20_000)
    expect(silent.closed).toBe(true)
    fire()
    expect(sockets).toHaveLength(2)
  })

  it('gives up a socket that never opens', () => {
    expect(fire()).toBe(20_000)
    expect(sockets[0]?.closed).toBe(true)
  })

  it('hurries when the network is back, but not while it is connected', () => {
    room.hurry()
    expect(sockets).toHaveLength(1)
    last().onclose?.(new Event('close') as CloseEvent)
    room.hurry()
    expect(sockets).toHaveLength(2)
    expect([...timers.values()].map((t) => t.ms)).toEqual([20_000])
  })

  it('is quiet once stopped', () => {
    const old = last()
    room.stop()
    expect(old.closed).toBe(true)
    old.onclose?.(new Event('close') as CloseEvent)
    expect(timers.size).toBe(0)
  })

  it('does not come back by itself when newer pages took its place', () => {
    last().onopen?.(new Event('open'))
    last().onclose?.(new CloseEvent('close', { code: CLOSE_TOO_MANY }))
    expect([timers.size, sockets.length, links.at(-1)]).toEqual([0, 1, 'lost'])
    room.hurry()
    expect(sockets).toHaveLength(2)
  })
})
