/**
 * The lesson's room: state comes down, beats go up. A WebSocket where one can be had, otherwise POST; both may fail, and then
 * it tries again, later and later, while the beats wait in the outbox. It never loses a beat and never waits with playing.
 */
import { asProblem, type Problem } from '@/api/problem'
import type { Beat, BeatsAnswer, Progress, RoomState } from '@/api/types'
import { Backoff } from './backoff'
import { isFinal } from './decided'
import type { Outbox } from './outbox'

type Timer = 'connect' | 'fallback' | 'post' | 'ack' | 'gather'

interface Waiting {
  handle: ReturnType<typeof setTimeout>
  /** By `performance.now()`. */
  dueAt: number
  run: () => void
}

export type Link = 'connecting' | 'open' | 'fallback' | 'down'

export interface PostAnswer extends BeatsAnswer {
  state: RoomState | null
}

/** The way that beats take to the server. */
export interface Uplink {
  start(): void
  /** There are new beats. */
  flush(): void
  /** The network changed or the page woke up: do not wait for the next try. */
  hurry(): void
  /** Media plays on, and the page is awake for it: whatever is overdue happens now. */
  catchUp(): void
  close(): void
}

export interface UplinkEvents {
  progress(progress: Progress): void
  link(link: Link): void
  /** The lease is over or not ours: another one is needed. */
  lease(code: string): void
  /** The session is over; beats stay until somebody signs in again. */
  signedOut(): void
  /** What was played is not taken any more: the item was withdrawn, or is not for this person now. */
  turnedDown?(problem: Problem): void
}

export interface RoomEvents extends UplinkEvents {
  state(state: RoomState): void
}

export interface RoomOptions {
  url: string
  outbox: Outbox
  socket: (url: string) => WebSocket
  post: (beats: Beat[]) => Promise<PostAnswer>
  random: () => number
  events: RoomEvents
}

/** Without a socket for this long, beats go up by POST. */
export const FALLBACK_AFTER_MS = 2000
/** In fallback the state is asked for this often. */
export const POLL_MS = 5000
/** A socket that acknowledges nothing for this long is dead (Wi-Fi → 4G), whatever it says. */
export const ACK_MS = 8000
/** The same person opened too many sockets since (server/src/routes/room/socket.rs). To come back at once would put out another of their pages. */
export const CLOSE_TOO_MANY = 4409
/** Small events that belong together (pause = interval + pause) travel together. */
const GATHER_MS = 30

export class Room implements Uplink {
  private socket: WebSocket | null = null
  private open = false
  private closed = false
  private sentTo = 0
  /** Batches sent over this socket that it has not answered. It answers one after the other. */
  private unanswered: Beat[][] = []
  private posting = false
  private readonly reconnect: Backoff
  private readonly repost: Backoff
  private timers: Partial<Record<Timer, Waiting>> = {}

  constructor(private readonly options: RoomOptions) {
    this.reconnect = new Backoff(options.random, 500, 10_000)
    this.repost = new Backoff(options.random, 1000, 15_000)
  }

  start(): void {
    this.connect()
  }

  /** There are new beats. */
  flush(): void {
    if (this.closed || this.timers.gather) return
    this.after('gather', GATHER_MS, () => (this.open ? this.sendBatches() : this.postSoon()))
  }

  /** The network changed or the page woke up: do not wait for the next try. */
  hurry(): void {
    if (this.closed || this.open) return
    this.reconnect.reset()
    this.repost.reset()
    this.connect()
  }

  /**
   * Media plays on, and the page is awake for it: whatever is overdue happens now. A hidden page's timers may come once a minute
   * only, and a report that waited for one would come too late to count.
   */
  catchUp(): void {
    // What one of them starts is not overdue.
    for (const name of Object.keys(this.timers) as Timer[]) if ((this.timers[name]?.dueAt ?? Infinity) <= performance.now()) this.fire(name)
  }

  close(): void {
    this.closed = true
    for (const { handle } of Object.values(this.timers)) clearTimeout(handle)
    this.timers = {}
    this.drop()
  }

  private connect(): void {
    this.drop()
    this.cancel('connect')
    let socket: WebSocket
    try {
      socket = this.options.socket(this.options.url)
    } catch {
      this.lost()
      return
    }
    this.socket = socket
    if (!this.timers.fallback && !this.posting) this.after('fallback', FALLBACK_AFTER_MS, () => this.fallBack())
    socket.onopen = () => this.opened(socket)
    socket.onmessage = (event) => this.received(socket, event)
    socket.onclose = (event) => {
      if (this.socket !== socket) return
      if (event.code === CLOSE_TOO_MANY) this.rest()
      else this.lost()
    }
  }

  private opened(socket: WebSocket): void {
    if (this.socket !== socket) return
    this.open = true
    this.sentTo = 0
    this.cancel('fallback')
    this.cancel('post')
    this.reconnect.reset()
    this.options.events.link('open')
    this.sendBatches()
  }

  private lost(): void {
    const wasOpen = this.open
    this.drop()
    if (this.closed) return
    if (wasOpen) this.options.events.link('connecting')
    if (!this.timers.fallback && !this.timers.post && !this.posting) this.after('fallback', FALLBACK_AFTER_MS, () => this.fallBack())
    this.after('connect', this.reconnect.next(), () => this.connect())
  }

  /** Newer pages of this person took the socket's place: beats go up by POST until somebody looks at this page again. */
  private rest(): void {
    this.drop()
    if (this.closed) return
    this.cancel('connect')
    this.cancel('fallback')
    this.fallBack()
  }

  private drop(): void {
    const socket = this.socket
    this.socket = null
    this.open = false
    this.unanswered = []
    this.cancel('ack')
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }

  private sendBatches(): void {
    const { outbox } = this.options
    for (let beats = outbox.batch(this.sentTo); this.open && beats.length > 0; beats = outbox.batch(this.sentTo)) {
      this.socket?.send(JSON.stringify({ type: 'beats', beats }))
      this.unanswered.push(beats)
      this.sentTo = beats.at(-1)!.seq
      if (!this.timers.ack) this.after('ack', ACK_MS, () => this.lost())
    }
  }

  private received(socket: WebSocket, event: MessageEvent): void {
    if (this.socket !== socket || typeof event.data !== 'string') return
    const message = parse(event.data)
    if (message?.type === 'state') this.options.events.state(message as unknown as RoomState)
    else if (message?.type === 'ack') {
      this.cancel('ack')
      this.settle(message as unknown as BeatsAnswer, this.unanswered.shift() ?? [])
      if (this.options.outbox.size > 0) this.after('ack', ACK_MS, () => this.lost())
    } else if (message?.type === 'error') this.trouble(String(message.code))
  }

  private settle(answer: BeatsAnswer, sent: Beat[]): void {
    this.options.outbox.settle(answer, sent)
    if (answer.progress) this.options.events.progress(answer.progress)
    const bad = answer.refused.find((r) => r.code.startsWith('lease_'))
    if (bad) this.options.events.lease(bad.code)
  }

  /** An error is the answer to a batch, or the socket's last word. */
  private trouble(code: string): void {
    const batch = this.unanswered.shift() ?? []
    if (code.startsWith('lease_')) this.options.events.lease(code)
    else if (code === 'sign_in_required') this.options.events.signedOut()
    // Whatever else it is (busy), the batch is sent again when the acknowledgement has not come.
    else if (code === 'malformed' || code === 'batch_too_large') this.giveUp(batch, code)
  }

  /** A batch that can never be taken must not block the ones after it. */
  private giveUp(beats: Beat[], code: string): void {
    this.options.outbox.settle({ acked: [], refused: beats.map((b) => ({ seq: b.seq, code })) }, beats)
  }

  private fallBack(): void {
    if (this.open || this.closed) return
    this.options.events.link('down')
    void this.post()
  }

  private postSoon(): void {
    // The first seconds belong to the socket; after that a beat does not wait for the next poll.
    if (this.timers.fallback || this.posting || this.repost.tries > 0) return
    void this.post()
  }

  private async post(): Promise<void> {
    if (this.open || this.closed || this.posting) return
    this.cancel('post')
    this.posting = true
    const beats = this.options.outbox.batch()
    let again = POLL_MS
    try {
      const answer = await this.options.post(beats)
      if (this.closed) return
      this.repost.reset()
      if (!this.open) this.options.events.link('fallback')
      const before = this.options.outbox.size
      this.settle(answer, beats)
      if (answer.state) this.options.events.state(answer.state)
      if (this.options.outbox.size > 0 && this.options.outbox.size < before) again = 0
    } catch (thrown) {
      if (this.closed) return
      again = this.failed(asProblem(thrown), beats)
    } finally {
      this.posting = false
    }
    if (!this.open && !this.closed) this.after('post', again, () => void this.post())
  }

  private failed(problem: Problem, beats: Beat[]): number {
    if (!this.open) this.options.events.link('down')
    if (problem.status === 401) this.options.events.signedOut()
    else if (problem.code.startsWith('lease_')) this.options.events.lease(problem.code)
    else if (isFinal(problem)) this.giveUp(beats, problem.code)
    return Math.max(this.repost.next(), (problem.retryAfter ?? 0) * 1000)
  }

  private after(name: Timer, ms: number, run: () => void): void {
    this.cancel(name)
    this.timers[name] = { handle: setTimeout(() => this.fire(name), ms), dueAt: performance.now() + ms, run }
  }

  private fire(name: Timer): void {
    const timer = this.timers[name]
    this.cancel(name)
    timer?.run()
  }

  private cancel(name: Timer): void {
    clearTimeout(this.timers[name]?.handle)
    delete this.timers[name]
  }
}

function parse(data: string): Record<string, unknown> | null {
  try {
    const message: unknown = JSON.parse(data)
    return typeof message === 'object' && message !== null ? (message as Record<string, unknown>) : null
  } catch {
    return null
  }
}
