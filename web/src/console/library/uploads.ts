/**
 * Files on their way to the library: three at a time, in order, each by itself resumable. Knows neither the protocol nor the
 * page; what a page shows is a list of rows that is replaced whenever something changes.
 */
import type { Chosen } from './files'
import type { Ledger } from './ledger'

/** At the same time. More would share one line, and end no sooner. */
export const PARALLEL = 3

export type UploadState = 'waiting' | 'sending' | 'paused' | 'done' | 'failed'

export interface UploadRow {
  key: string
  path: string
  size: number
  sent: number
  state: UploadState
  /** Why it failed: a code of the server, or `unreachable`. */
  code: string | null
  /** It went on where it stopped, or a file of the same name had other bytes. */
  note: 'resumed' | 'changed' | null
}

export interface SendEvents {
  /** The server has created it, or knew it: from now on it can be gone on with. */
  created(url: string, episode: string): void
  progress(sent: number): void
  done(): void
  failed(code: string): void
}

/** How a file is made into sound. */
export interface SoundWish {
  /** Two channels, and quiet stays quiet beside loud. */
  music: boolean
  /** Silence at both ends is cut. */
  trim: boolean
}

export interface SendWish extends SoundWish {
  chosen: Chosen
  series: string
  /** Where it stopped before. */
  url: string | null
  /** The episode whose file it is or becomes. */
  episode: string | null
}

/** Begins to send; the answer stops it, and what arrived stays. It may take a moment: what is being created is waited for. */
export type Send = (wish: SendWish, events: SendEvents) => () => Promise<void> | undefined

/** Nobody has to do anything about these; they are tried again by themselves. */
const PASSING = ['unreachable', 'media_unavailable', 'busy', 'timeout', 'upload_broken', 'http_502', 'http_503', 'http_504']

interface Job extends UploadRow {
  wish: SoundWish
  chosen: Chosen
  url: string | null
  episode: string | null
  /** The episode whose file it replaces; null: it becomes a new one. */
  into: string | null
  stop: ReturnType<Send> | null
  /** It is being stopped; until then it does not begin again. */
  stopping: boolean
}

export class Uploads {
  private jobs: Job[] = []
  private count = 0
  paused = false

  constructor(
    private readonly series: string,
    private readonly send: Send,
    private readonly ledger: Ledger,
    private readonly changed: (rows: UploadRow[]) => void,
    private readonly now: () => number,
  ) {}

  /** A file that is on its way already is not added twice. `episode`: they replace its file. */
  add(chosen: readonly Chosen[], episode: string | null = null, wish: SoundWish = { music: false, trim: false }): void {
    for (const one of chosen) {
      const there = this.jobs.find((job) => job.path === one.path && job.into === episode && job.state !== 'done')
      if (there && there.chosen.file.size === one.file.size && there.chosen.file.lastModified === one.file.lastModified) {
        if (there.state === 'failed') this.retry(there.key)
        continue
      }
      const before = this.ledger.find(this.series, one, episode)
      const same = before?.is === 'same'
      this.jobs.push({
        key: `${this.count++} ${one.path}`,
        path: one.path,
        size: one.file.size,
        sent: 0,
        state: 'waiting',
        code: null,
        note: before ? (same ? 'resumed' : 'changed') : null,
        chosen: one,
        url: same ? before.entry.url : null,
        // Half of another file is no reason for a second row: this one takes its place.
        episode: episode ?? before?.entry.episode ?? null,
        into: episode,
        wish,
        stop: null,
        stopping: false,
      })
    }
    this.go()
  }

  pause(): void {
    this.paused = true
    for (const job of this.jobs.filter(({ state }) => state === 'sending')) this.halt(job)
    this.tell()
  }

  resume(): void {
    this.paused = false
    for (const job of this.jobs) if (job.state === 'paused') job.state = 'waiting'
    this.go()
  }

  retry(key: string): void {
    const job = this.jobs.find((one) => one.key === key)
    if (job?.state !== 'failed') return
    Object.assign(job, { state: 'waiting', code: null })
    this.go()
  }

  /** The network is back, or some time has passed: what failed for want of an answer is tried again. */
  again(): void {
    for (const job of this.jobs) if (job.state === 'failed' && PASSING.includes(job.code ?? '')) Object.assign(job, { state: 'waiting', code: null })
    this.go()
  }

  /** Takes rows that are done or given up off the list. */
  clear(): void {
    this.jobs = this.jobs.filter(({ state }) => state !== 'done' && state !== 'failed')
    this.tell()
  }

  /** The page goes away: what arrived stays. */
  close(): void {
    for (const job of this.jobs) void job.stop?.()
    this.jobs = []
  }

  private halt(job: Job): void {
    const stopped = job.stop?.()
    Object.assign(job, { stop: null, state: 'paused', stopping: stopped !== undefined })
    void stopped?.finally(() => {
      job.stopping = false
      this.go()
    })
  }

  private go(): void {
    if (!this.paused) {
      const free = PARALLEL - this.jobs.filter(({ state }) => state === 'sending').length
      for (const job of this.jobs.filter(({ state, stopping }) => state === 'waiting' && !stopping).slice(0, Math.max(0, free))) this.begin(job)
    }
    this.tell()
  }

  private begin(job: Job): void {
    job.state = 'sending'
    const { series } = this
    const mine = () => job.state === 'sending'
    job.stop = this.send(
      { chosen: job.chosen, series, url: job.url, episode: job.episode, ...job.wish },
      {
        created: (url, episode) => {
          Object.assign(job, { url, episode })
          const { file, path } = job.chosen
          this.ledger.put({ series, path, into: job.into, size: file.size, mtime: file.lastModified, url, episode, at: this.now() })
        },
        progress: (sent) => {
          if (!mine()) return
          job.sent = sent
          this.tell()
        },
        done: () => {
          this.ledger.remove(series, job.path, job.into)
          this.end(job, 'done', null)
        },
        failed: (code) => mine() && this.end(job, 'failed', code),
      },
    )
  }

  private end(job: Job, state: 'done' | 'failed', code: string | null): void {
    Object.assign(job, { state, code, stop: null, ...(state === 'done' ? { sent: job.size } : {}) })
    this.go()
  }

  private tell(): void {
    this.changed(this.jobs.map(({ key, path, size, sent, state, code, note }) => ({ key, path, size, sent, state, code, note })))
  }
}

export interface Sum {
  files: number
  done: number
  failed: number
  bytes: number
  sent: number
  busy: boolean
}

export const sumOf = (rows: readonly UploadRow[]): Sum => ({
  files: rows.length,
  done: rows.filter(({ state }) => state === 'done').length,
  failed: rows.filter(({ state }) => state === 'failed').length,
  bytes: rows.reduce((sum, { size }) => sum + size, 0),
  sent: rows.reduce((sum, { sent }) => sum + sent, 0),
  busy: rows.some(({ state }) => state === 'sending' || state === 'waiting' || state === 'paused'),
})
