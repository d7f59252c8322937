/** What hls.js loads with, seen by us: how fast fragments come. */
import Hls, { type HlsConfig, type Loader, type LoaderCallbacks, type LoaderConfiguration, type LoaderContext } from 'hls.js'
import { Throughput, type Download } from './throughput'

type Made = new (config: HlsConfig) => Loader<LoaderContext>
type Stats = Loader<LoaderContext>['stats']

const Ordinary = Hls.DefaultConfig.loader as unknown as Made

/**
 * A browser that counts the end of a fragment a hair earlier than the playlist makes hls.js take it for lost, and load it again
 * as fast as it can until the next one is there: WebKitGTK asked for the same two parts a thousand times a second. So what was
 * loaded a moment ago waits before it is loaded again.
 */
const AGAIN_MS = 1000
const BRAKE_MS = 250
const KEPT = 32

class Brake {
  private readonly times = new Map<string, number>()

  loaded(url: string, now: number): void {
    this.times.delete(url)
    this.times.set(url, now)
    if (this.times.size > KEPT) this.times.delete(this.times.keys().next().value!)
  }

  /** How long a load that is asked for now has to wait, milliseconds. */
  wait(url: string, now: number): number {
    return now - (this.times.get(url) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS ? BRAKE_MS : 0
  }
}

/** Measures the fragments of one engine. */
export class FragmentMeter {
  private readonly brake = new Brake()
  private readonly throughput = new Throughput()
  private readonly running = new Set<Stats>()

  bps(now: number): number | null {
    return this.throughput.bps(
      now,
      [...this.running].filter(({ loading }) => loading.first > 0).map((stats) => download(stats, now)),
    )
  }

  loader(): Made {
    const begun = (stats: Stats) => this.running.add(stats)
    const over = (stats: Stats) => {
      if (this.running.delete(stats) && stats.loading.first > 0) this.throughput.add(download(stats, performance.now()))
    }
    const { brake } = this
    return class extends Ordinary {
      private timer: ReturnType<typeof setTimeout> | undefined
      override load(context: LoaderContext, config: LoaderConfiguration, callbacks: LoaderCallbacks<LoaderContext>): void {
        begun(this.stats)
        const { url } = context
        const onSuccess: typeof callbacks.onSuccess = (...loaded) => {
          brake.loaded(url, performance.now())
          callbacks.onSuccess(...loaded)
        }
        const load = () => super.load(context, config, { ...callbacks, onSuccess })
        const wait = brake.wait(url, performance.now())
        if (wait > 0) this.timer = setTimeout(load, wait)
        else load()
      }
      override abort(): void {
        clearTimeout(this.timer)
        over(this.stats)
        super.abort()
      }
      override destroy(): void {
        clearTimeout(this.timer)
        // Whatever its end was, this is called after it.
        over(this.stats)
        super.destroy()
      }
    }
  }
}

function download({ loading, loaded }: Stats, now: number): Download {
  return { from: loading.first, to: loading.end > 0 ? loading.end : now, bytes: loaded }
}
