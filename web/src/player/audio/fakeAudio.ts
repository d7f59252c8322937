/** For tests: an `<audio>` that plays by a clock the test moves, and does with its events what browsers do. */

export class FakeAudio extends EventTarget {
  src = ''
  currentTime = 0
  duration = Number.NaN
  paused = true
  ended = false
  seeking = false
  readyState = 0
  error: { code: number } | null = null
  preload = ''
  playbackRate = 1
  defaultPlaybackRate = 1
  preservesPitch = false
  hidden = false
  /** How often sound was asked for. */
  plays = 0
  /** Addresses that do not answer. */
  dead: (src: string) => boolean = () => false
  /** Seconds of what an address has; NaN: it never says. */
  length: (src: string) => number = () => 100

  canPlayType(mime: string): string {
    return mime.includes('mp4') ? 'probably' : ''
  }

  load(): void {
    Object.assign(this, { currentTime: 0, duration: Number.NaN, paused: true, ended: false, readyState: 0, error: null })
    this.playbackRate = this.defaultPlaybackRate
    const { src } = this
    if (src === '') return
    queueMicrotask(() => {
      if (this.src !== src) return
      if (this.dead(src)) {
        this.error = { code: 4 }
        this.say('error')
        return
      }
      this.readyState = 4
      this.duration = this.length(src)
      this.say('loadedmetadata')
      if (!this.paused) this.say('playing')
    })
  }

  removeAttribute(): void {
    this.src = ''
  }

  async play(): Promise<void> {
    this.plays += 1
    if (this.ended) Object.assign(this, { currentTime: 0, ended: false })
    this.paused = false
    if (this.readyState >= 3) queueMicrotask(() => !this.paused && this.say('playing'))
  }

  pause(): void {
    if (this.paused) return
    this.paused = true
    this.say('pause')
  }

  /** The system stops it: a call, headphones taken off. */
  interrupt(): void {
    this.pause()
  }

  /** So many seconds of real time pass. */
  pass(seconds: number): void {
    if (this.paused || this.readyState < 3 || this.ended) return
    const to = this.currentTime + seconds * this.playbackRate
    const end = Number.isNaN(this.duration) ? Number.POSITIVE_INFINITY : this.duration
    this.currentTime = Math.min(to, end)
    this.say('timeupdate')
    if (to < end) return
    Object.assign(this, { ended: true, paused: true })
    this.say('pause')
    this.say('ended')
  }

  /** Nothing is left to play; more may come. */
  starves(): void {
    this.readyState = 2
    this.say('waiting')
  }

  /** Some bytes, too few to play. */
  trickles(): void {
    this.say('progress')
  }

  /** The connection dies in the middle. */
  breaks(): void {
    this.error = { code: 2 }
    this.readyState = 1
    this.say('error')
  }

  remove(): void {}

  private say(name: string): void {
    this.dispatchEvent(new Event(name))
  }
}
