/** What members see: the speaker, the slides, or both, as one picture of constant size. Pure, but for the canvas it is given. */
import { HEIGHT, WIDTH } from './frame'

export type Layout = 'speaker' | 'slides' | 'both'
export const LAYOUTS: readonly Layout[] = ['speaker', 'slides', 'both']

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** Something that can be drawn, and its size; 0 while it has none yet. */
export interface Drawable {
  image: CanvasImageSource
  width: number
  height: number
}

/** The camera's share of the width, and its distance from the corner. */
const CORNER = 0.22
const MARGIN = 20
const GROUND = '#141211'
const WHOLE: Box = { x: 0, y: 0, width: WIDTH, height: HEIGHT }

/** What can be shown of what was chosen: nobody sees an empty picture because a camera or a screen went away. */
export function possible(wanted: Layout, has: { camera: boolean; slides: boolean }): Layout | null {
  if (!has.camera && !has.slides) return null
  if (!has.slides) return 'speaker'
  return !has.camera ? 'slides' : wanted
}

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

/** Redraws the whole picture. Missing slides are dark: covered, or not drawn yet. */
export function paint(
  context: CanvasDrawImage & CanvasRect & { fillStyle: unknown },
  layout: Layout,
  camera: Drawable | null,
  slides: Drawable | null,
): void {
  const put = ({ image }: Drawable, box: Box) => context.drawImage(image, box.x, box.y, box.width, box.height)
  context.fillStyle = GROUND
  context.fillRect(0, 0, WIDTH, HEIGHT)
  if (layout !== 'speaker' && slides) put(slides, fit(slides.width, slides.height, WHOLE))
  if (layout === 'speaker' && camera) put(camera, fit(camera.width, camera.height, WHOLE))
  if (layout === 'both' && camera) put(camera, corner(camera.width, camera.height))
}
