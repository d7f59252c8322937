/** Pictures for the poster, made in the page: small, and without what a camera writes into its files. */

/** Longest side, pixels. */
export const POSTER_SIDE = 1280
const QUALITY = 0.85

/** The size a picture is drawn at: as it is, or smaller. */
export function fitted(width: number, height: number, side = POSTER_SIDE): { width: number; height: number } {
  const scale = Math.min(1, side / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

async function jpeg(source: CanvasImageSource, width: number, height: number): Promise<Blob> {
  const canvas = document.createElement('canvas')
  Object.assign(canvas, fitted(width, height))
  const context = canvas.getContext('2d')
  if (!context || width === 0 || height === 0) throw new Error('nothing to draw')
  // Where a PNG can be seen through.
  context.fillStyle = '#fff'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.drawImage(source, 0, 0, canvas.width, canvas.height)
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY))
  if (!blob) throw new Error('no picture came of it')
  return blob
}

/** The frame that shows. */
export const pictureOf = (video: HTMLVideoElement) => jpeg(video, video.videoWidth, video.videoHeight)

/** A picture from a file; throws if the browser cannot read it. */
export async function pictureFrom(file: Blob): Promise<Blob> {
  const url = URL.createObjectURL(file)
  try {
    const image = new Image()
    image.src = url
    await image.decode()
    return await jpeg(image, image.naturalWidth, image.naturalHeight)
  } finally {
    URL.revokeObjectURL(url)
  }
}
