/**
 * Beats on their way to the server where there is no room: by POST, one batch after the other. Without an answer it tries again,
 * later and later, while the beats wait in the outbox. It never loses a beat and never waits with playing.
 */
import { asProblem, type Problem } from '@/api/problem'
import type { Beat } from '@/api/types'
import { Backoff } from '../backoff'
import { isFinal } from '../decided'
import type { Outbox } from '../outbox'
import type { PostAnswer, Uplink, UplinkEvents } from '../room'

export interface PosterOptions {
  outbox: Outbox
  post: (beats: Beat[]) => Promise<PostAnswer>
  random: () => number
  events: UplinkEvents
}

/** Small events that belong together (pause = interval + pause) travel together. */
const GATHER_MS = 30
const FIRST_AGAIN_MS = 1000
const LONGEST_AGAIN_MS = 15_000
/** Not about the message: whoever listens should know that it does not count any more. */
const ABOUT_ITEM = [403, 404, 410]

export class Poster implements Uplink {
  private timer: ReturnType<typeof setTimeout> | undefined
  /** By `performance.now()`; a hidden page's timers may come late. */
  private dueAt = Number.POSITIVE_INFINITY
  private posting = false
  private closed = false
  private readonly again: Backoff

  constructor(private readonly options: PosterOptions) {
    this.again = new Backoff(options.random, FIRST_AGAIN_MS, LONGEST_AGAIN_MS)
  }

  start(): void {
    if (this.options.outbox.size > 0) this.flush()
  }

  flush(): void {
    // After a failure the next try has its time.
    if (!this.posting && this.dueAt === Number.POSITIVE_INFINITY) this.after(GATHER_MS)
  }

  hurry(): void {
    if (this.again.tries === 0) return
    this.again.reset()
    this.after(0)
  }

  catchUp(): void {
    if (performance.now() >= this.dueAt) void this.post()
  }

  close(): void {
    this.closed = true
    clearTimeout(this.timer)
  }

  private after(ms: number): void {
    if (this.closed || this.posting) return
    clearTimeout(this.timer)
    this.dueAt = performance.now() + ms
    this.timer = setTimeout(() => void this.post(), ms)
  }

  private async post(): Promise<void> {
    if (this.posting || this.closed) return
    clearTimeout(this.timer)
    this.dueAt = Number.POSITIVE_INFINITY
    const { events, outbox } = this.options
    const beats = outbox.batch()
    if (beats.length === 0) return
    this.posting = true
    let next = GATHER_MS
    try {
      const answer = await this.options.post(beats)
      if (this.closed) return
      this.again.reset()
      const before = outbox.size
      outbox.settle(answer, beats)
      // An answer that says nothing of a beat must not be asked again at once for ever.
      if (outbox.size === before) next = this.again.next()
      events.link('open')
      if (answer.progress) events.progress(answer.progress)
      const bad = answer.refused.find(({ code }) => code.startsWith('lease_'))
      if (bad) events.lease(bad.code)
    } catch (thrown) {
      if (this.closed) return
      next = this.failed(asProblem(thrown), beats)
    } finally {
      this.posting = false
    }
    if (outbox.size > 0) this.after(next)
  }

  private failed(problem: Problem, beats: Beat[]): number {
    const { events, outbox } = this.options
    events.link('down')
    if (problem.status === 401) events.signedOut()
    if (problem.code.startsWith('lease_')) events.lease(problem.code)
    // What can never be taken must not block what comes after it.
    if (isFinal(problem)) {
      outbox.settle({ acked: [], refused: beats.map(({ seq }) => ({ seq, code: problem.code })) }, beats)
      if (ABOUT_ITEM.includes(problem.status) && !problem.code.startsWith('lease_')) events.turnedDown?.(problem)
    }
    return Math.max(this.again.next(), (problem.retryAfter ?? 0) * 1000)
  }
}
