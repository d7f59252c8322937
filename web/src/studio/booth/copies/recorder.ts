/** Records one stretch of what is sent into a file on this computer. A stretch ends when its tracks change, or the lesson is over. */
import type { CopyAnswer, CopyOrder } from './copy.worker'
import { FOLDER } from './store'

/** How much a crash may cost. */
const CHUNK_MS = 1_000
/** Chunks that wait for the disk; above this the disk is too slow for a copy and it ends, rather than fill the memory. */
const MOST_WAITING = 30
/** Like what is sent: 0.7 GB an hour. */
const VIDEO_BPS = 1_500_000
const AUDIO_BPS = 64_000
const KEY_FRAMES_MS = 2_000

/** H.264 first: the server can put it into a replay without coding it again. */
const TYPES = ['video/webm;codecs=h264,opus', 'video/mp4;codecs=avc1.42E01F,opus', 'video/mp4', 'video/webm;codecs=vp8,opus', 'video/webm']
const SOUND_TYPES = ['audio/webm;codecs=opus', 'audio/mp4']

export type CopyTrouble = 'full' | 'failed'

export interface RecorderSays {
  written(bytes: number, ms: number): void
  /** It recorded to the end. */
  closed(): void
  /** It ended by itself; what was written stays. */
  failed(why: CopyTrouble): void
}

export const canRecord = (): boolean => typeof MediaRecorder !== 'undefined' && typeof navigator.storage?.getDirectory === 'function'

export function recordingType(withPicture: boolean): string | null {
  return (withPicture ? TYPES : SOUND_TYPES).find((type) => MediaRecorder.isTypeSupported(type)) ?? null
}

export class StretchRecorder {
  private readonly worker = new Worker(new URL('./copy.worker.ts', import.meta.url), { type: 'module' })
  private readonly recorder: MediaRecorder
  private readonly began = performance.now()
  private line: Promise<void> = Promise.resolve()
  private waiting = 0
  private over = false

  constructor(
    name: string,
    type: string,
    tracks: MediaStreamTrack[],
    private readonly says: RecorderSays,
  ) {
    const how = {
      mimeType: type,
      videoBitsPerSecond: VIDEO_BPS,
      audioBitsPerSecond: AUDIO_BPS,
      videoKeyFrameIntervalDuration: KEY_FRAMES_MS,
    }
    this.recorder = new MediaRecorder(new MediaStream(tracks), how)
    this.worker.onmessage = ({ data }: MessageEvent<CopyAnswer>) => this.heard(data)
    this.worker.onerror = () => this.fail('failed')
    this.order({ type: 'open', folder: FOLDER, name })
    this.recorder.ondataavailable = ({ data }) => this.chunk(data)
    this.recorder.onerror = () => this.fail('failed')
    // By itself, too: when all its tracks have ended.
    this.recorder.onstop = () => this.finish()
    this.recorder.start(CHUNK_MS)
  }

  /** Ends the stretch; the last chunk is still written. */
  stop(): void {
    if (this.recorder.state !== 'inactive') this.recorder.stop()
  }

  private chunk(data: Blob): void {
    if (data.size === 0 || this.over) return
    if (this.waiting >= MOST_WAITING) return this.fail('failed')
    const ms = Math.round(performance.now() - this.began)
    this.waiting += 1
    this.line = this.line.then(async () => {
      const bytes = await data.arrayBuffer()
      this.order({ type: 'chunk', bytes, ms }, [bytes])
    })
  }

  private finish(): void {
    void this.line.then(() => this.over || this.order({ type: 'close' }))
  }

  private heard(said: CopyAnswer): void {
    if (said.type === 'failed') return this.fail(said.full ? 'full' : 'failed')
    if (this.over) return
    if (said.type === 'written') {
      this.waiting -= 1
      this.says.written(said.bytes, said.ms)
    } else {
      this.over = true
      this.worker.terminate()
      this.says.closed()
    }
  }

  private fail(why: CopyTrouble): void {
    if (this.over) return
    this.over = true
    this.stop()
    this.worker.terminate()
    this.says.failed(why)
  }

  private order(order: CopyOrder, transfer: Transferable[] = []): void {
    this.worker.postMessage(order, transfer)
  }
}
