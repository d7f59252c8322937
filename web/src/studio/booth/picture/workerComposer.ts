/** The composer of browsers with insertable streams: the frames go to a worker and never pass through the page. */
import type { Composer } from './composer'
import type { ComposerOrder } from './composer.worker'
import type { Layout } from './layout'

/** Chromium's insertable streams; the DOM types of TypeScript know neither. */
interface Processor {
  readonly readable: ReadableStream<VideoFrame>
}
interface Generator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>
}
export interface Insertable {
  MediaStreamTrackProcessor?: new (init: { track: MediaStreamTrack; maxBufferSize: number }) => Processor
  MediaStreamTrackGenerator?: new (init: { kind: 'video' }) => Generator
}

export class WorkerComposer implements Composer {
  private readonly worker = new Worker(new URL('./composer.worker.ts', import.meta.url), { type: 'module' })
  private readonly made: Record<'camera' | 'screen', MediaStreamTrack | null> = { camera: null, screen: null }

  constructor(
    readonly track: Generator,
    private readonly processor: NonNullable<Insertable['MediaStreamTrackProcessor']>,
  ) {
    this.order({ type: 'open', out: track.writable }, [track.writable])
  }

  arrange(layout: Layout): void {
    this.order({ type: 'layout', layout })
  }

  camera(track: MediaStreamTrack | null): void {
    this.source('camera', track)
  }

  screen(track: MediaStreamTrack | null): void {
    this.source('screen', track)
  }

  slide(page: ImageBitmap | null): void {
    this.order({ type: 'slide', page }, page ? [page] : [])
  }

  close(): void {
    this.source('camera', null)
    this.source('screen', null)
    this.track.stop()
    this.worker.terminate()
  }

  private source(role: 'camera' | 'screen', track: MediaStreamTrack | null): void {
    // A copy: its end is ours to say, and the frames stop with it.
    this.made[role]?.stop()
    const copy = (this.made[role] = track?.clone() ?? null)
    const frames = copy ? new this.processor({ track: copy, maxBufferSize: 1 }).readable : null
    this.order({ type: 'source', role, frames }, frames ? [frames] : [])
  }

  private order(order: ComposerOrder, transfer: Transferable[] = []): void {
    this.worker.postMessage(order, transfer)
  }
}
