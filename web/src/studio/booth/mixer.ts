/**
 * A screen, with or without the camera in its corner, as one picture of constant size and rate. The clock is a worker's:
 * it goes on while the lecturer shows another window and this tab is hidden.
 */
import { FPS, HEIGHT, WIDTH } from './devices'

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** The camera's share of the width, and its distance from the corner. */
const CORNER = 0.22
const MARGIN = 20

/** As large as fits, in the middle. */
export function fit(width: number, height: number, within: Box): Box {
  if (width <= 0 || height <= 0) return { ...within, width: 0, height: 0 }
  const scale = Math.min(within.width / width, within.height / height)
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)]
  return { x: within.x + Math.round((within.width - w) / 2), y: within.y + Math.round((within.height - h) / 2), width: w, height: h }
}

/** The camera, lower right. */
export function corner(width: number, height: number): Box {
  const w = Math.round(WIDTH * CORNER)
  const h = width > 0 ? Math.round((w * height) / width) : 0
  return { x: WIDTH - w - MARGIN, y: HEIGHT - h - MARGIN, width: w, height: h }
}

const CLOCK = `let timer; onmessage = (e) => { clearInterval(timer); if (e.data) timer = setInterval(() => postMessage(0), e.data) }`

export class Mixer {
  readonly track: MediaStreamTrack
  private readonly canvas = document.createElement('canvas')
  private readonly context: CanvasRenderingContext2D | null
  private readonly screen: HTMLVideoElement
  private camera: HTMLVideoElement | null = null
  private readonly clock: Worker

  constructor(screen: MediaStreamTrack, camera: MediaStreamTrack | null) {
    this.canvas.width = WIDTH
    this.canvas.height = HEIGHT
    this.context = this.canvas.getContext('2d', { alpha: false })
    this.screen = playing(screen)
    this.show(camera)
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

  /** Another camera, or none, in the corner. */
  show(camera: MediaStreamTrack | null): void {
    stop(this.camera)
    this.camera = camera ? playing(camera) : null
  }

  close(): void {
    this.clock.terminate()
    this.track.stop()
    stop(this.screen)
    stop(this.camera)
  }

  private draw(): void {
    const { context, screen, camera } = this
    if (!context) return
    context.fillStyle = '#141211'
    context.fillRect(0, 0, WIDTH, HEIGHT)
    const put = (video: HTMLVideoElement, box: Box) => context.drawImage(video, box.x, box.y, box.width, box.height)
    if (screen.readyState >= 2) put(screen, fit(screen.videoWidth, screen.videoHeight, { x: 0, y: 0, width: WIDTH, height: HEIGHT }))
    if (camera && camera.readyState >= 2) put(camera, corner(camera.videoWidth, camera.videoHeight))
  }
}

function playing(track: MediaStreamTrack): HTMLVideoElement {
  const video = document.createElement('video')
  video.muted = true
  video.playsInline = true
  video.srcObject = new MediaStream([track])
  void video.play().catch(() => undefined)
  return video
}

function stop(video: HTMLVideoElement | null): void {
  if (video) video.srcObject = null
}
