/**
 * Keeps in view what there is of a lesson and what the network carries, and says what is played: all of it, the sound alone,
 * the picture alone, or the same opened anew because a track has joined. It never touches the media element.
 */
import { probe, text, type Found } from './probe'
import { courseOf, endOf, goesOn, holeAt, lacks, offeredBy, type Course, type Hole, type Tracks } from './renditions'
import type { Source } from './playback'
import { Weakness, type LineSample } from './weakness'

/** What is missing is looked for this often, and this often for a while after somebody said that it is there. */
const LOOK_MS = 2000
const HURRIED_LOOK_MS = 700
const HURRY_MS = 15_000
/** While one rendition of a live lesson has nothing. */
const HOLE_LOOK_MS = 1000
/** So much of it has to be there again. */
const BACK_S = 1.2

export interface Look extends LineSample {
  /** UTC date of what shows. */
  date: number | null
  pictureAlone: boolean
}

export interface PilotOptions {
  now: () => number
  /** The multivariant playlist offers a track that what plays was opened without. */
  joined: () => void
}

/** Asking is part of what tests replace. */
export interface Asking {
  text(url: string, signal: AbortSignal): Promise<string>
  probe(url: string, now: () => number, signal: AbortSignal): Promise<Found>
}

export class Pilot {
  course: Course = 'all'
  hole: Hole | null = null
  private source: Source | null = null
  private holes: Hole[] = []
  private loaded: Tracks | null = null
  private said: Tracks | null = null
  private hurriedUntil = 0
  private lookedAt = 0
  private asking = false
  private stop = new AbortController()
  private readonly weakness = new Weakness()

  constructor(
    private readonly options: PilotOptions,
    private readonly ask: Asking = { text, probe },
  ) {}

  get weak(): boolean {
    return this.weakness.weak
  }

  /** The picture is tried again at somebody's wish. */
  again(): void {
    this.weakness.again()
  }

  /** Another lesson, another mode: nothing of what was known holds. */
  begin(source: Source): void {
    this.source = source
    this.course = this.weak && source.listen !== null ? 'sound' : 'all'
    this.hole = null
    this.holes = []
    this.forget()
  }

  /** The same under another address. */
  moved(source: Source): void {
    this.source = source
    this.forget()
  }

  end(): void {
    this.source = null
    this.forget()
  }

  /** What the playlist that was opened offers. */
  offers(tracks: Tracks): void {
    this.loaded = tracks
  }

  /** Told by the media playlists of what plays. Sound or picture alone know nothing of the other one. */
  told(holes: Hole[]): void {
    if (this.course === 'all') this.holes = holes
  }

  /** What the room says that there is. */
  set tracks(tracks: Tracks | null) {
    const changed = tracks?.picture !== this.said?.picture || tracks?.sound !== this.said?.sound
    this.said = tracks
    if (changed && lacks(this.loaded, tracks)) this.hurry()
  }

  /** A track may have joined: look soon. */
  hurry(): void {
    this.hurriedUntil = this.options.now() + HURRY_MS
    this.lookedAt = 0
  }

  /** Several times a second while it should play; the course from now on. */
  look(now: Look): Course {
    const { source } = this
    if (!source) return this.course
    this.weakness.sample(now)
    if (source.kind === 'replay' || this.course === 'all') this.hole = holeAt(this.holes, now.date, this.course)
    this.course = courseOf({ weak: this.weak, hole: this.hole, soundAlone: source.listen !== null, pictureAlone: now.pictureAlone })
    this.inquire(source, now.at)
    return this.course
  }

  private inquire(source: Source, at: number): void {
    if (this.asking) return
    if (this.weakness.due(at)) void this.once(() => this.measure(source))
    else if (source.kind !== 'live') return
    else if (this.hole && this.course !== 'all') this.each(HOLE_LOOK_MS, at, () => this.lookIntoHole(source))
    else if (this.course === 'all' && this.loaded && !(this.loaded.picture && this.loaded.sound))
      this.each(at < this.hurriedUntil ? HURRIED_LOOK_MS : LOOK_MS, at, () => this.lookForTracks(source))
  }

  private each(ms: number, at: number, what: () => Promise<void>): void {
    if (at - this.lookedAt < ms) return
    this.lookedAt = at
    void this.once(what)
  }

  /** One question at a time; without an answer it is asked again. */
  private async once(what: () => Promise<void>): Promise<void> {
    const { signal } = this.stop
    this.asking = true
    await what().catch(() => undefined)
    if (!signal.aborted) this.asking = false
  }

  private async measure(source: Source): Promise<void> {
    const { signal } = this.stop
    const { bps, needBps } = await this.ask.probe(absolute(source.url), this.options.now, signal)
    if (!signal.aborted) this.weakness.looked(this.options.now(), bps, needBps)
  }

  private async lookForTracks(source: Source): Promise<void> {
    const { signal } = this.stop
    const offered = offeredBy(await this.ask.text(absolute(source.url), signal))
    if (!signal.aborted && lacks(this.loaded, offered)) this.options.joined()
  }

  private async lookIntoHole(source: Source): Promise<void> {
    const { signal } = this.stop
    const list = new URL(this.hole?.lacks === 'sound' ? 'audio.m3u8' : 'video.m3u8', absolute(source.url)).href
    const playlist = await this.ask.text(list, signal)
    const { hole } = this
    if (signal.aborted || !hole || !goesOn(playlist, BACK_S) || (endOf(playlist) ?? 0) < hole.from + BACK_S * 1000) return
    this.holes = []
    this.hole = null
  }

  private forget(): void {
    this.stop.abort()
    this.stop = new AbortController()
    this.asking = false
    this.loaded = null
    this.lookedAt = 0
  }
}

function absolute(url: string): string {
  return new URL(url, location.href).href
}
