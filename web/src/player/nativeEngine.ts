/** HLS by the browser itself: iPhones, where nothing else can go on playing on the lock screen. */
import type { Engine, EngineEvents, StartAt } from './engine'

/** Safari's; the date of `currentTime` 0. */
interface DatedVideo extends HTMLVideoElement {
  getStartDate?: () => Date
}

/** Distance from the end of what can be sought that still counts as live. */
const LIVE_MARGIN_S = 4

export class NativeEngine implements Engine {
  private readonly stop = new AbortController()
  private url = ''
  private wanted: StartAt = 'live'
  private placed = true

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly events: EngineEvents,
  ) {
    const { signal } = this.stop
    video.addEventListener('loadedmetadata', () => this.place(), { signal })
    video.addEventListener('error', () => this.error(), { signal })
  }

  static supported(video: HTMLVideoElement): boolean {
    return video.canPlayType('application/vnd.apple.mpegurl') !== ''
  }

  load(url: string, at: StartAt): void {
    this.url = url
    this.wanted = at
    this.placed = false
    this.video.src = url
    this.video.load()
  }

  swapLease(): boolean {
    return false
  }

  resume(): void {
    this.load(this.url, this.wanted)
  }

  date(): number | null {
    const zero = this.zero()
    return zero === null || this.video.readyState < 1 ? null : zero + this.video.currentTime * 1000
  }

  seekToDate(date: number): boolean {
    const zero = this.zero()
    if (zero === null) return false
    this.video.currentTime = Math.max(0, (date - zero) / 1000)
    return true
  }

  seekLive(): void {
    const end = this.end()
    if (end !== null) this.video.currentTime = end
  }

  behindLiveMs(): number | null {
    const end = this.end()
    if (end === null || Number.isFinite(this.video.duration)) return null
    return Math.max(0, (end - LIVE_MARGIN_S - this.video.currentTime) * 1000)
  }

  destroy(): void {
    this.stop.abort()
    this.video.removeAttribute('src')
    this.video.load()
  }

  private place(): void {
    const { wanted } = this
    if (!this.placed && wanted !== 'live' && (wanted.date === null || !this.seekToDate(wanted.date)))
      this.video.currentTime = (wanted.guessMs ?? 0) / 1000
    this.placed = true
    this.events.ready()
  }

  private zero(): number | null {
    const date = (this.video as DatedVideo).getStartDate?.()
    const time = date ? date.getTime() : Number.NaN
    return Number.isFinite(time) && time > 0 ? time : null
  }

  private end(): number | null {
    const { seekable } = this.video
    return seekable.length > 0 ? seekable.end(seekable.length - 1) : null
  }

  private error(): void {
    const error = this.video.error
    if (!error) return
    // Safari says "not supported" for a playlist that could not be fetched, too: trying again is right in both cases.
    this.events.failed(error.code === MediaError.MEDIA_ERR_DECODE ? 'media' : 'network', `code ${error.code}`)
  }
}
