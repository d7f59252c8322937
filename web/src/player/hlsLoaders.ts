/** What hls.js loads with, seen by us: how fast fragments come, and a multivariant playlist that may lose its sound. */
import Hls, { type HlsConfig, type Loader, type LoaderCallbacks, type LoaderConfiguration, type LoaderContext } from 'hls.js'
import { withoutSound } from './renditions'
import { Throughput, type Download } from './throughput'

type Made = new (config: HlsConfig) => Loader<LoaderContext>
type Stats = Loader<LoaderContext>['stats']

const Ordinary = Hls.DefaultConfig.loader as unknown as Made

/** Measures the fragments of one engine. */
export class FragmentMeter {
  private readonly throughput = new Throughput()
  private readonly running = new Set<Stats>()

  bps(now: number): number | null {
    return this.throughput.bps(now, [...this.running].filter(({ loading }) => loading.first > 0).map((stats) => download(stats, now)))
  }

  loader(): Made {
    const begun = (stats: Stats) => this.running.add(stats)
    const over = (stats: Stats) => {
      if (this.running.delete(stats) && stats.loading.first > 0) this.throughput.add(download(stats, performance.now()))
    }
    return class extends Ordinary {
      override load(context: LoaderContext, config: LoaderConfiguration, callbacks: LoaderCallbacks<LoaderContext>): void {
        begun(this.stats)
        super.load(context, config, callbacks)
      }
      override abort(): void {
        over(this.stats)
        super.abort()
      }
      override destroy(): void {
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

/** Loads playlists; multivariant ones come without their sound. */
export function mutedPlaylists(): Made {
  return class extends Ordinary {
    override load(context: LoaderContext, config: LoaderConfiguration, callbacks: LoaderCallbacks<LoaderContext>): void {
      const { onSuccess } = callbacks
      super.load(context, config, {
        ...callbacks,
        onSuccess: (response, ...rest) => {
          const { data } = response
          const multivariant = typeof data === 'string' && data.includes('#EXT-X-STREAM-INF:')
          onSuccess(multivariant ? { ...response, data: withoutSound(data) } : response, ...rest)
        },
      })
    }
  }
}
