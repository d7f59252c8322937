/** The last picture, over a video whose source is being exchanged. */
export class Still {
  private canvas: HTMLCanvasElement | null = null

  constructor(private readonly video: HTMLVideoElement) {}

  /** Keeps what shows now; an older still stays, because what is under it is no picture. */
  keep(): void {
    const { video } = this
    if (this.canvas || video.readyState < 2 || video.videoWidth === 0) return
    const canvas = document.createElement('canvas')
    canvas.width = video.videoWidth
    canvas.height = video.videoHeight
    canvas.setAttribute('aria-hidden', 'true')
    Object.assign(canvas.style, {
      position: 'absolute',
      top: '0',
      left: '0',
      width: '100%',
      height: '100%',
      objectFit: 'contain',
      pointerEvents: 'none',
    })
    try {
      canvas.getContext('2d')?.drawImage(video, 0, 0)
    } catch {
      return // a picture that may not be read: it goes black for a moment
    }
    video.after(canvas)
    this.canvas = canvas
  }

  drop(): void {
    this.canvas?.remove()
    this.canvas = null
  }
}
