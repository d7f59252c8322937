/**
 * Says what is played: all of a lesson, or the sound alone because the network carries no picture, and looks now and then
 * whether it would. What a lesson lacks is none of its business: the origin fills it (docs/adr/0027). It never touches the
 * media element.
 */
import { probe, type Found } from './probe'
import type { Source } from './source'
import { Weakness, type LineSample } from './weakness'

/** Which source plays. Where the member chose 仅听声音 the sound is all that is asked for. */
export type Course = 'all' | 'sound'

/** Measuring is what tests replace. */
export type Measure = (url: string, now: () => number, signal: AbortSignal) => Promise<Found>

export class Pilot {
  course: Course = 'all'
  private source: Source | null = null
  private asking = false
  private stop = new AbortController()
  private readonly weakness = new Weakness()

  constructor(
    private readonly now: () => number,
    private readonly measure: Measure = probe,
  ) {}

  get weak(): boolean {
    return this.weakness.weak
  }

  /** The picture is tried again at somebody's wish. */
  again(): void {
    this.weakness.again()
  }

  /** Another lesson, another mode, or the same under another address. */
  begin(source: Source): void {
    this.end()
    this.source = source
    this.course = this.courseOf(source)
  }

  end(): void {
    this.source = null
    this.stop.abort()
    this.stop = new AbortController()
    this.asking = false
  }

  /** Several times a second while it should play; the course from now on. */
  look(now: LineSample): Course {
    const { source } = this
    if (!source) return this.course
    this.weakness.sample(now)
    this.course = this.courseOf(source)
    if (!this.asking && this.weakness.due(now.at)) void this.ask(source)
    return this.course
  }

  private courseOf(source: Source): Course {
    return this.weak && source.listen !== null ? 'sound' : 'all'
  }

  /** One question at a time. */
  private async ask(source: Source): Promise<void> {
    const { signal } = this.stop
    this.asking = true
    const found = await this.measure(new URL(source.url, location.href).href, this.now, signal)
    if (signal.aborted) return
    this.asking = false
    this.weakness.looked(this.now(), found.bps, found.needBps)
  }
}
