/**
 * Low-latency HLS through Media Source Extensions. Loaded on demand. It is hls.js' full build: the light one has no
 * alternate audio, and ours is a rendition of its own (docs/adr/0009).
 */
import Hls, { ErrorDetails, ErrorTypes, Events, type ErrorData, type HlsConfig, type LevelDetails } from 'hls.js'
import type { Engine, EngineEvents, LineFigures, LoadHow, Quality, StartAt } from './engine'
import { FragmentMeter } from './hlsLoaders'
import { dateAt, timeAt } from './timeline'

/** hls.js may repair the decoder this often in a row before the player recreates the engine. */
const MEDIA_REPAIRS = 2
const REPAIR_WINDOW_MS = 10_000

const quick = {
  maxTimeToFirstByteMs: 15_000,
  maxLoadTimeMs: 20_000,
  timeoutRetry: { maxNumRetry: 1, retryDelayMs: 0, maxRetryDelayMs: 0 },
  errorRetry: { maxNumRetry: 1, retryDelayMs: 500, maxRetryDelayMs: 1000 },
}

const CONFIG: Partial<HlsConfig> = {
  lowLatencyMode: true,
  // The distance from the edge comes from the playlist's PART-HOLD-BACK.
  maxLiveSyncPlaybackRate: 1.25,
  // The last part of a segment may be as short as 0.1 s. With the default of 0.25 a player that is busy for a moment
  // takes such a part for played, leaves a hole there, and waits ten seconds before it steps over it.
  maxFragLookUpTolerance: 0.05,
  backBufferLength: 60,
  maxBufferLength: 20,
  maxMaxBufferLength: 60,
  // It begins with what the estimate carries; its test of the bandwidth would show the small picture first.
  startLevel: -1,
  testBandwidth: false,
  abrEwmaDefaultEstimate: 3_000_000,
  autoStartLoad: false,
  enableWorker: false, // its worker is a blob: URL, which the content security policy refuses
  enableWebVTT: false,
  enableIMSC1: false,
  enableCEA708Captions: false,
  emeEnabled: false,
  // A refused connection must reach the player at once: it says "reconnecting" and paces the retries.
  manifestLoadPolicy: { default: quick },
  playlistLoadPolicy: { default: quick },
  fragLoadPolicy: { default: { ...quick, errorRetry: { maxNumRetry: 3, retryDelayMs: 300, maxRetryDelayMs: 1000 } } },
}

/** A request for each part is more than a slow line can do; some seconds of delay are not noticed by who listens. */
const PATIENT: Partial<HlsConfig> = { lowLatencyMode: false, liveSyncDuration: 6, liveMaxLatencyDuration: 30 }

export class HlsEngine implements Engine {
  private hls: Hls | null = null
  private lease: { from: string; to: string } | null = null
  private wanted: StartAt = 'live'
  private placed = false
  private started = false
  private quality: Quality = 'auto'
  private repairs: number[] = []
  private meter = new FragmentMeter()

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly events: EngineEvents,
  ) {}

  static supported(): boolean {
    return Hls.isSupported()
  }

  load(url: string, at: StartAt, { patient = false }: LoadHow = {}): void {
    this.destroy()
    this.meter = new FragmentMeter()
    this.wanted = at
    this.placed = at === 'live'
    this.started = false
    this.lease = null
    const loader = { fLoader: this.meter.loader() } as unknown as Partial<HlsConfig>
    const hls = new Hls({ ...CONFIG, ...(patient ? PATIENT : {}), ...loader, xhrSetup: (xhr, asked) => this.address(xhr, asked) })
    this.hls = hls
    hls.on(Events.MANIFEST_PARSED, () => {
      this.started = true
      // Of sound alone the playlist's first is meant, and no more: the smallest where members chose 仅听声音. To begin with
      // it saves hls.js' test of the bandwidth, too.
      if (hls.levels.every((level) => !level.videoCodec)) hls.startLevel = hls.autoLevelCapping = hls.firstLevel
      this.events.choices?.(pictures(hls).length > 1)
      hls.loadLevel = this.level(hls)
      hls.startLoad(at === 'live' || at.guessMs === null ? -1 : Math.max(0, at.guessMs / 1000))
    })
    hls.on(Events.LEVEL_LOADED, (_event, data) => {
      this.place(data.details)
      this.events.ready()
    })
    hls.on(Events.ERROR, (_event, data) => this.error(hls, data))
    hls.attachMedia(this.video)
    hls.loadSource(url)
  }

  /** What is buffered ahead gives way, so that it is seen at once. */
  prefer(quality: Quality): void {
    this.quality = quality
    const hls = this.hls
    if (hls && this.started) hls.nextLevel = this.level(hls)
  }

  swapLease(from: string, to: string): boolean {
    if (!this.hls) return false
    this.lease = { from: this.lease?.from ?? from, to }
    this.resume()
    return true
  }

  resume(): void {
    const hls = this.hls
    if (!hls) return
    if (this.started) hls.startLoad(-1)
    else if (hls.url) hls.loadSource(hls.url)
  }

  line(): LineFigures {
    const needs = this.hls?.levels.filter(({ height }) => height > 0).map((level) => level.averageBitrate || level.bitrate) ?? []
    return { bps: this.meter.bps(performance.now()), needBps: needs.length > 0 ? Math.min(...needs) : null }
  }

  date(): number | null {
    const hls = this.hls
    if (!hls || this.video.readyState < 1) return null
    const playing = hls.playingDate
    if (playing) return playing.getTime()
    const details = hls.latestLevelDetails
    return details ? dateAt(details.fragments, this.video.currentTime) : null
  }

  seekToDate(date: number): boolean {
    const details = this.hls?.latestLevelDetails
    const time = details ? timeAt(details.fragments, date) : null
    if (time === null) return false
    this.video.currentTime = time
    return true
  }

  seekLive(): void {
    const to = this.hls?.liveSyncPosition
    if (typeof to === 'number' && Number.isFinite(to)) this.video.currentTime = to
  }

  behindLiveMs(): number | null {
    const hls = this.hls
    const to = hls?.liveSyncPosition
    if (!hls?.latestLevelDetails?.live || typeof to !== 'number') return null
    return Math.max(0, (to - this.video.currentTime) * 1000)
  }

  destroy(): void {
    this.hls?.destroy()
    this.hls = null
  }

  /** The replay begins where its dates say, which are in the first playlist. */
  private place(details: LevelDetails): void {
    if (this.placed || this.wanted === 'live') return
    this.placed = true
    const { date, guessMs } = this.wanted
    const time = date === null ? null : timeAt(details.fragments, date)
    if (time !== null && (guessMs === null || Math.abs(time - guessMs / 1000) > 0.5)) this.video.currentTime = time
  }

  private address(xhr: XMLHttpRequest, asked: string): void {
    if (!this.lease) return
    xhr.open('GET', asked.replace(`/${this.lease.from}/`, `/${this.lease.to}/`), true)
  }

  private error(hls: Hls, data: ErrorData): void {
    if (hls !== this.hls) return
    if (data.response?.code === 403 || data.response?.code === 410) {
      if (data.fatal) this.events.failed('lease', data.details)
      return
    }
    // What is made small may be missing for a while; what the lecturer sends is there.
    if (data.details === ErrorDetails.FRAG_GAP) {
      hls.autoLevelCapping = -1
      if (this.quality === 'low') hls.nextLevel = -1
    }
    if (!data.fatal) return
    if (data.type === ErrorTypes.NETWORK_ERROR) this.events.failed('network', data.details)
    else if (data.type === ErrorTypes.MEDIA_ERROR && this.mayRepair()) hls.recoverMediaError()
    else this.events.failed('media', data.details)
  }

  /** hls.js' number of the chosen picture; -1: it decides. */
  private level(hls: Hls): number {
    const own = pictures(hls)
    if (this.quality === 'auto' || own.length < 2) return -1
    return (this.quality === 'low' ? own[0] : own.at(-1)) ?? -1
  }

  private mayRepair(): boolean {
    const now = performance.now()
    this.repairs = this.repairs.filter((at) => now - at < REPAIR_WINDOW_MS)
    this.repairs.push(now)
    return this.repairs.length <= MEDIA_REPAIRS
  }
}

/** The numbers of the levels with a picture, the smallest first. */
function pictures(hls: Hls): number[] {
  const own = hls.levels.map((level, at) => ({ at, height: level.height, bitrate: level.bitrate })).filter(({ height }) => height > 0)
  return own.sort((a, b) => a.height - b.height || a.bitrate - b.bitrate).map(({ at }) => at)
}
