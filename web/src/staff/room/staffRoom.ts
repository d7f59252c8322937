/**
 * The staff's end of a lesson's room: holds one WebSocket open for as long as the page stands, through
 * reloads of the server and changes of network, and passes on every state it receives. It only listens:
 * it sends no beats, so nobody is counted because a lecturer looks at his own lesson.
 * Framework-free; socket, timers and randomness are injected.
 */

export type Link = 'connecting' | 'open' | 'lost'

export interface SocketLike {
  onopen: ((e: Event) => void) | null
  onmessage: ((e: MessageEvent) => void) | null
  onclose: ((e: CloseEvent) => void) | null
  close(): void
}

export interface StaffRoomParts<S> {
  open(): SocketLike
  onState(state: S): void
  onLink(link: Link): void
  setTimer(run: () => void, ms: number): number
  clearTimer(id: number): void
  /** 0 ≤ x < 1 */
  random(): number
}

/** The same person opened too many sockets since (server/src/routes/room/socket.rs). */
export const CLOSE_TOO_MANY = 4409
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 8_000
/** An open socket that says nothing for this long is taken for dead while the lesson is live. */
const SILENCE_MS = 20_000

export class StaffRoom<S extends { phase: string }> {
  private socket: SocketLike | null = null
  private timer: number | null = null
  private tries = 0
  private stopped = true
  private readonly parts: StaffRoomParts<S>

  constructor(parts: StaffRoomParts<S>) {
    this.parts = parts
  }

  start(): void {
    if (!this.stopped) return
    this.stopped = false
    this.connect('connecting')
  }

  stop(): void {
    this.stopped = true
    this.clear()
    this.drop()
  }

  /** The network is back or the tab is shown again: do not wait out the pause. */
  hurry(): void {
    if (this.stopped || this.socket) return
    this.tries = 0
    this.clear()
    this.connect('lost')
  }

  private connect(link: Link): void {
    this.parts.onLink(link)
    let socket: SocketLike
    try {
      socket = this.parts.open()
    } catch {
      this.retry()
      return
    }
    this.socket = socket
    // A socket that neither opens nor fails (a captive portal) must not hold the page for ever.
    this.watch(socket)
    socket.onopen = () => {
      this.parts.onLink('open')
      this.clear()
    }
    socket.onmessage = (e) => this.receive(socket, e.data)
    socket.onclose = (e) => {
      if (socket !== this.socket) return
      this.socket = null
      this.clear()
      if (this.stopped) return
      // Newer pages of this person took its place: it comes back when somebody looks at it (`hurry`).
      if (e.code === CLOSE_TOO_MANY) this.parts.onLink('lost')
      else this.retry()
    }
  }

  private receive(socket: SocketLike, data: unknown): void {
    if (socket !== this.socket || typeof data !== 'string') return
    const message = parse(data)
    if (message?.type !== 'state') return
    this.tries = 0
    const state = message as unknown as S
    this.parts.onState(state)
    this.clear()
    // Before and after a live lesson nothing changes for minutes: silence then means nothing.
    if (state.phase === 'live') this.watch(socket)
  }

  private watch(socket: SocketLike): void {
    this.timer = this.parts.setTimer(() => {
      if (socket !== this.socket) return
      this.drop()
      this.retry()
    }, SILENCE_MS)
  }

  private retry(): void {
    this.parts.onLink('lost')
    const pause = Math.min(FIRST_RETRY_MS * 2 ** this.tries, LAST_RETRY_MS)
    this.tries += 1
    this.timer = this.parts.setTimer(() => this.connect('lost'), pause * (0.8 + 0.4 * this.parts.random()))
  }

  private drop(): void {
    const socket = this.socket
    this.socket = null
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }

  private clear(): void {
    if (this.timer !== null) this.parts.clearTimer(this.timer)
    this.timer = null
  }
}

function parse(data: string): { type?: unknown } | null {
  try {
    const value: unknown = JSON.parse(data)
    return typeof value === 'object' && value !== null ? value : null
  } catch {
    return null
  }
}
