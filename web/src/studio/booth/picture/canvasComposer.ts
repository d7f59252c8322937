/** The composer of browsers without insertable streams: a canvas in the page, whose clock is a worker's and so goes on in a hidden tab. */
import type { Composer } from './composer'
import { FPS, HEIGHT, WIDTH } from './frame'
import { paint, type Drawable, type Layout } from './layout'

const CLOCK = `let timer; onmessage = (e) => { clearInterval(timer); if (e.data) timer = setInterval(() => postMessage(0), e.data) }`

export class CanvasComposer implements Composer {
  readonly track: MediaStreamTrack
  private readonly canvas = document.createElement('canvas')
  private readonly context: CanvasRenderingContext2D | null
  private readonly clock: Worker
  private readonly videos: Record<'camera' | 'screen', HTMLVideoElement | null> = { camera: null, screen: null }
  private page: ImageBitmap | null = null
  private layout: Layout = 'speaker'

  constructor() {
    this.canvas.width = WIDTH
    this.canvas.height = HEIGHT
    this.context = this.canvas.getContext('2d', { alpha: false })
    this.draw()
    const track = this.canvas.captureStream(FPS).getVideoTracks()[0]
    if (!track) throw new Error('this browser cannot send a drawn picture')
    this.track = track
    const url = URL.createObjectURL(new Blob([CLOCK], { type: 'text/javascript' }))
    this.clock = new Worker(url)
    URL.revokeObjectURL(url)
    this.clock.onmessage = () => this.draw()
    this.clock.postMessage(1000 / FPS)
  }

  arrange(layout: Layout): void {
    this.layout = layout
  }

  camera(track: MediaStreamTrack | null): void {
    this.play('camera', track)
  }

  screen(track: MediaStreamTrack | null): void {
    this.play('screen', track)
  }

  slide(page: ImageBitmap | null): void {
    this.page?.close()
    this.page = page
  }

  close(): void {
    this.clock.terminate()
    this.track.stop()
    this.play('camera', null)
    this.play('screen', null)
    this.slide(null)
  }

  private play(role: 'camera' | 'screen', track: MediaStreamTrack | null): void {
    const before = this.videos[role]
    if (before) before.srcObject = null
    this.videos[role] = track ? playing(track) : null
  }

  private draw(): void {
    if (!this.context) return
    const { camera, screen } = this.videos
    const page = this.page && { image: this.page, width: this.page.width, height: this.page.height }
    paint(this.context, this.layout, drawable(camera), screen ? drawable(screen) : page)
  }
}

const drawable = (video: HTMLVideoElement | null): Drawable | null =>
  video && video.readyState >= 2 ? { image: video, width: video.videoWidth, height: video.videoHeight } : null

function playing(track: MediaStreamTrack): HTMLVideoElement {
  const video = document.createElement('video')
  video.muted = true
  video.playsInline = true
  video.srcObject = new MediaStream([track])
  void video.play().catch(() => undefined)
  return video
}
