import { describe, expect, it, vi } from 'vitest'
import { corner, fit, paint, possible, type Drawable } from './layout'

const whole = { x: 0, y: 0, width: 1280, height: 720 }
const thing = (name: string, width = 1280, height = 720) =>
  ({ image: name as unknown as CanvasImageSource, width, height }) satisfies Drawable

describe('the composed picture', () => {
  it('shows a screen of any shape whole', () => {
    expect(fit(1920, 1080, whole)).toEqual(whole)
    expect(fit(1024, 768, whole)).toEqual({ x: 160, y: 0, width: 960, height: 720 })
    expect(fit(3440, 1440, whole)).toEqual({ x: 0, y: 92, width: 1280, height: 536 })
  })

  it('keeps the camera inside, whatever its shape', () => {
    for (const [width, height] of [
      [640, 480],
      [1280, 720],
      [720, 1280],
    ] as const) {
      const box = corner(width, height)
      expect(box.x + box.width).toBeLessThanOrEqual(1280)
      expect(box.y).toBeGreaterThanOrEqual(0)
    }
  })

  it('draws nothing of what has no size yet', () => {
    expect(fit(0, 0, whole)).toMatchObject({ width: 0, height: 0 })
    expect(corner(0, 0).height).toBe(0)
  })

  it('draws what the layout names, the camera over the slides', () => {
    const drawn = (layout: 'speaker' | 'slides' | 'both', slides: Drawable | null = thing('slides')) => {
      const context = { drawImage: vi.fn(), fillRect: vi.fn(), fillStyle: '' }
      paint(context as unknown as CanvasRenderingContext2D, layout, thing('camera'), slides)
      expect(context.fillRect).toHaveBeenCalledWith(0, 0, 1280, 720)
      return context.drawImage.mock.calls.map(([image]) => image as unknown)
    }
    expect(drawn('speaker')).toEqual(['camera'])
    expect(drawn('slides')).toEqual(['slides'])
    expect(drawn('both')).toEqual(['slides', 'camera'])
    // Covered slides leave the lecturer in the corner.
    expect(drawn('both', null)).toEqual(['camera'])
    expect(drawn('slides', null)).toEqual([])
  })

  it('falls back to what is there', () => {
    expect(possible('both', { camera: true, slides: true })).toBe('both')
    expect(possible('both', { camera: false, slides: true })).toBe('slides')
    expect(possible('speaker', { camera: false, slides: true })).toBe('slides')
    expect(possible('slides', { camera: true, slides: false })).toBe('speaker')
    expect(possible('both', { camera: false, slides: false })).toBeNull()
  })
})
