/**
 * The one `<audio>` element: what it plays, from where, and whether somebody wants it to. It says what happens and decides
 * nothing; above all it never starts again what a call, an unplugged headphone or the system has stopped.
 */

export interface DeckEvents {
  /** Sound comes. */
  moving(): void
  /** It should come and does not. */
  standing(): void
  /** It stopped, by us or by somebody else; nobody wants it any more. */
  paused(): void
  ended(): void
  /** It was moved: what comes next does not follow from what was before. */
  jumped(): void
  /** The time of the element advanced, also while the page is hidden. */
  time(): void
  /** The address gives nothing, or nothing more. */
  broken(): void
  /** The browser plays nothing without a tap. */
  blocked(): void
  /** The length is known. */
  known(): void
}

/** Standing longer than this, while not a byte comes, is a dead connection, whatever the element believes. */
export const STALL_MS = 8000
/** The element begins this close to where it should: no second seek. */
const PLACED_S = 0.5
/** More than this between two looks was a jump, not sound. */
const MOVED_S = 2

interface Pitched extends HTMLAudioElement {
  mozPreservesPitch?: boolean
  webkitPreservesPitch?: boolean
}

export class Deck {
  /** Somebody asked for sound and nobody has stopped it. */
  wanted = false
  private url = ''
  private rateNow = 1
  /** Where to begin, seconds; null once it has. */
  private begin: number | null = null
  private standingSince: number | null = null
  /** Where it stands, seconds. */
  private standingAt = 0
  private lost = false
  private readonly stop = new AbortController()

  constructor(
    private readonly audio: HTMLAudioElement,
    private readonly events: DeckEvents,
    private readonly now: () => number,
  ) {
    const { signal } = this.stop
    const on = (name: string, run: () => void) => audio.addEventListener(name, run, { signal })
    audio.preload = 'auto'
    on('loadedmetadata', () => {
      this.comes()
      this.place()
    })
    on('playing', () => this.moves())
    on('waiting', () => this.stands())
    on('seeking', () => this.events.jumped())
    on('timeupdate', () => this.ticked())
    on('progress', () => this.comes())
    on('ended', () => this.events.ended())
    on('error', () => this.failed())
    on('pause', () => this.pausedBySomebody())
  }

  /** Milliseconds; null while it is not where it should begin. */
  get positionMs(): number | null {
    if (this.url === '' || this.begin !== null || this.audio.seeking) return null
    return this.audio.currentTime * 1000
  }

  get lengthMs(): number | null {
    const { duration } = this.audio
    return Number.isFinite(duration) && duration > 0 ? duration * 1000 : null
  }

  get moving(): boolean {
    return this.standingSince === null && !this.audio.paused && !this.lost
  }

  /** The address does not answer; only another `load` helps. */
  get broken(): boolean {
    return this.lost
  }

  /** Begins with the tap, before anything is there to play: phones allow sound only to what a tap has touched. */
  touch(): void {
    this.wanted = true
    if (this.url === '') void this.audio.play().catch(() => undefined)
  }

  load(url: string, atMs: number): void {
    const { audio } = this
    this.url = url
    this.lost = false
    this.begin = Math.max(0, atMs) / 1000
    audio.src = url
    audio.load()
    this.speed(this.rateNow)
    if (this.wanted) {
      this.stands()
      this.start()
    }
  }

  play(): void {
    if (this.url === '') {
      this.touch()
      return
    }
    this.wanted = true
    this.stands()
    this.start()
  }

  pause(): void {
    const was = this.wanted
    this.wanted = false
    this.standingSince = null
    if (!this.audio.paused) this.audio.pause()
    else if (was) this.events.paused()
  }

  seek(ms: number): void {
    if (this.begin !== null || this.audio.readyState < 1) this.begin = ms / 1000
    else this.audio.currentTime = ms / 1000
  }

  speed(rate: number): void {
    const audio: Pitched = this.audio
    this.rateNow = rate
    audio.preservesPitch = true
    audio.mozPreservesPitch = true
    audio.webkitPreservesPitch = true
    audio.defaultPlaybackRate = rate
    audio.playbackRate = rate
  }

  get rate(): number {
    return this.audio.playbackRate || 1
  }

  /** Now and then: has it been standing for too long? */
  check(): void {
    if (!this.wanted || this.lost || this.standingSince === null) return
    if (this.audio.readyState >= 3 && !this.audio.paused && !this.audio.seeking) this.moves()
    else if (this.now() - this.standingSince >= STALL_MS) this.fail()
  }

  empty(): void {
    this.url = ''
    this.begin = null
    this.lost = false
    this.standingSince = null
    this.audio.removeAttribute('src')
    this.audio.load()
  }

  destroy(): void {
    this.stop.abort()
    this.wanted = false
    this.audio.pause()
    this.empty()
  }

  private start(): void {
    this.audio.play().catch((thrown: unknown) => {
      if (!(thrown instanceof DOMException) || thrown.name !== 'NotAllowedError') return
      this.wanted = false
      this.standingSince = null
      this.events.blocked()
    })
  }

  private place(): void {
    if (this.begin !== null && Math.abs(this.audio.currentTime - this.begin) > PLACED_S) this.audio.currentTime = this.begin
    this.begin = null
    this.events.known()
  }

  private moves(): void {
    // `play()` of before a `pause()` may still be answered.
    if (!this.wanted || this.audio.paused) return
    this.standingSince = null
    this.events.moving()
  }

  /** Bytes come: slow is not dead. */
  private comes(): void {
    if (this.standingSince !== null) this.standingSince = this.now()
  }

  private ticked(): void {
    // Some browsers say `waiting` and never again `playing`.
    const { currentTime, paused, seeking } = this.audio
    if (
      this.standingSince !== null &&
      this.begin === null &&
      !paused &&
      !seeking &&
      currentTime > this.standingAt &&
      currentTime - this.standingAt < MOVED_S
    )
      this.moves()
    this.events.time()
  }

  private stands(): void {
    if (!this.wanted || this.standingSince !== null) return
    this.standingSince = this.now()
    this.standingAt = this.audio.currentTime
    this.events.standing()
  }

  private pausedBySomebody(): void {
    // At the end the element pauses itself; a new address is no pause either.
    if (this.audio.ended || this.lost || !this.audio.paused) return
    this.wanted = false
    this.standingSince = null
    this.events.paused()
  }

  private failed(): void {
    // An element without an address fails, too.
    if (this.url !== '' && this.audio.error) this.fail()
  }

  private fail(): void {
    if (this.lost) return
    this.lost = true
    this.standingSince = null
    this.events.broken()
  }
}
