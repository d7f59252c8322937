/**
 * One question on its way from a phone to the lecturer. Its text is kept on the device from the first letter until the
 * server has it, through a dead network and a reload; its id is made here, so that sending it twice asks it once.
 * Knows no framework.
 */
import { asProblem, type Problem } from '@/api/problem'
import type { Question } from '@/api/types'
import { Backoff } from '@/player/backoff'

export const QUESTION_CHARS = 200
/** Minimum time between two questions of a member. */
export const ASK_EVERY_S = 10

export interface Draft {
  id: string
  text: string
  /** The button was pressed: it is to be sent without a further tap. */
  sending: boolean
}

export interface DraftStore {
  get(): Draft | null
  set(draft: Draft | null): void
}

export interface AskingParts {
  send: (id: string, text: string) => Promise<Question>
  drafts: DraftStore
  newId: () => string
  random: () => number
  events: { changed(): void; sent(question: Question): void }
}

/** `waiting`: it could not be delivered now and is sent again by itself. */
export type AskStage = 'writing' | 'sending' | 'waiting'

/** One line, as the server takes it. */
export const tidy = (text: string): string => text.replace(/\s+/g, ' ').trim()
/** Characters as the server counts them. */
export const chars = (text: string): number => [...tidy(text)].length

export class Asking {
  stage: AskStage = 'writing'
  problem: Problem | null = null
  private draft: Draft
  private timer: ReturnType<typeof setTimeout> | undefined
  private closed = false
  private readonly backoff: Backoff

  constructor(private readonly parts: AskingParts) {
    this.draft = parts.drafts.get() ?? this.fresh('')
    this.backoff = new Backoff(parts.random, 2_000, 30_000)
  }

  get text(): string {
    return this.draft.text
  }

  /** Goes on with what a page before this one was sending. */
  resume(): void {
    if (this.draft.sending) void this.deliver()
  }

  write(text: string): void {
    if (this.stage !== 'writing') return
    this.keep({ ...this.draft, text })
    this.set('writing', null)
  }

  send(): void {
    if (this.stage !== 'writing' || chars(this.draft.text) === 0 || chars(this.draft.text) > QUESTION_CHARS) return
    this.keep({ ...this.draft, sending: true })
    void this.deliver()
  }

  /** Takes it back to change it. The server may have it all the same: what is written now is another question. */
  edit(): void {
    if (this.stage !== 'waiting') return
    clearTimeout(this.timer)
    this.keep(this.fresh(this.draft.text))
    this.set('writing', null)
  }

  drop(): void {
    clearTimeout(this.timer)
    this.keep(null)
    this.set('writing', null)
  }

  /** The network is back. */
  hurry(): void {
    if (this.stage !== 'waiting' || !this.problem?.offline) return
    clearTimeout(this.timer)
    this.backoff.reset()
    void this.deliver()
  }

  close(): void {
    this.closed = true
    clearTimeout(this.timer)
  }

  private async deliver(): Promise<void> {
    this.set('sending', this.problem)
    try {
      const question = await this.parts.send(this.draft.id, tidy(this.draft.text))
      this.backoff.reset()
      this.keep(null)
      if (this.closed) return
      this.parts.events.sent(question)
      this.set('writing', null)
    } catch (thrown) {
      if (!this.closed) this.failed(asProblem(thrown))
    }
  }

  private failed(problem: Problem): void {
    if (problem.status === 0 || problem.status === 429 || problem.status >= 500) {
      const wait = (problem.retryAfter ?? (problem.status === 429 ? ASK_EVERY_S : 0)) * 1000
      this.timer = setTimeout(() => void this.deliver(), problem.status === 429 ? wait : Math.max(wait, this.backoff.next()))
      this.set('waiting', problem)
      return
    }
    // Nothing was asked under this id by us: with another one it can be.
    const id = problem.code === 'question_there' ? this.parts.newId() : this.draft.id
    this.keep({ ...this.draft, id, sending: false })
    this.set('writing', problem)
  }

  private fresh(text: string): Draft {
    return { id: this.parts.newId(), text, sending: false }
  }

  private keep(draft: Draft | null): void {
    this.draft = draft ?? this.fresh('')
    this.parts.drafts.set(draft && draft.text !== '' ? draft : null)
  }

  private set(stage: AskStage, problem: Problem | null): void {
    this.stage = stage
    this.problem = problem
    if (!this.closed) this.parts.events.changed()
  }
}
