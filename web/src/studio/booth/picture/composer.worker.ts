/**
 * Composes frames away from the page: takes the newest of camera and screen, draws, and sends at a constant rate. Every
 * frame is closed as soon as a newer one is here; a frame the track has no room for is dropped.
 */
import { FPS, HEIGHT, WIDTH } from './frame'
import { paint, type Drawable, type Layout } from './layout'

export type ComposerOrder =
  | { type: 'open'; out: WritableStream<VideoFrame> }
  | { type: 'layout'; layout: Layout }
  | { type: 'source'; role: 'camera' | 'screen'; frames: ReadableStream<VideoFrame> | null }
  | { type: 'slide'; page: ImageBitmap | null }

const FRAME_MS = 1000 / FPS

const canvas = new OffscreenCanvas(WIDTH, HEIGHT)
const context = canvas.getContext('2d', { alpha: false })
const latest: Record<'camera' | 'screen', VideoFrame | null> = { camera: null, screen: null }
const readers: Record<'camera' | 'screen', ReadableStreamDefaultReader<VideoFrame> | null> = { camera: null, screen: null }
let writer: WritableStreamDefaultWriter<VideoFrame> | null = null
let layout: Layout = 'speaker'
let slide: ImageBitmap | null = null
/** The picture as it was last drawn, and whether it would look different now. */
let drawn: VideoFrame | null = null
let changed = true

const drawable = (frame: VideoFrame | null): Drawable | null =>
  frame && { image: frame, width: frame.displayWidth, height: frame.displayHeight }
const page = (): Drawable | null => slide && { image: slide, width: slide.width, height: slide.height }
/** A camera of exactly our size, shown alone, needs no drawing. */
const straight = (): VideoFrame | null =>
  layout === 'speaker' && latest.camera?.displayWidth === WIDTH && latest.camera.displayHeight === HEIGHT ? latest.camera : null

function forget(role: 'camera' | 'screen'): void {
  latest[role]?.close()
  latest[role] = null
  changed = true
}

async function follow(role: 'camera' | 'screen', frames: ReadableStream<VideoFrame> | null): Promise<void> {
  void readers[role]?.cancel().catch(() => undefined)
  forget(role)
  const reader = (readers[role] = frames?.getReader() ?? null)
  while (reader && reader === readers[role]) {
    const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }))
    if (reader !== readers[role]) return value?.close()
    if (done || !value) return forget(role)
    forget(role)
    latest[role] = value
  }
}

function send(): void {
  if (!writer || (writer.desiredSize ?? 0) <= 0) return
  const timestamp = Math.round(performance.now() * 1000)
  const camera = straight()
  if (camera) {
    void writer.write(new VideoFrame(camera, { timestamp })).catch(() => undefined)
    return
  }
  if (!context) return
  if (changed || !drawn) {
    drawn?.close()
    paint(context, layout, drawable(latest.camera), readers.screen ? drawable(latest.screen) : page())
    drawn = new VideoFrame(canvas, { timestamp })
    changed = false
  }
  // A page that stands still is drawn once and sent on.
  void writer.write(new VideoFrame(drawn, { timestamp })).catch(() => undefined)
}

/** Due times add up, so that a late tick does not slow the picture; after a sleep it does not catch up, either. */
let due = 0
function tick(): void {
  send()
  const now = performance.now()
  due = Math.max(due + FRAME_MS, now - FRAME_MS)
  setTimeout(tick, Math.max(0, due - now))
}

self.onmessage = ({ data }: MessageEvent<ComposerOrder>) => {
  switch (data.type) {
    case 'open':
      writer = data.out.getWriter()
      due = performance.now()
      tick()
      break
    case 'layout':
      layout = data.layout
      changed = true
      break
    case 'source':
      void follow(data.role, data.frames)
      break
    case 'slide':
      slide?.close()
      slide = data.page
      changed = true
  }
}
