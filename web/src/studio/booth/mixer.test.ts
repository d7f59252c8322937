import { describe, expect, it } from 'vitest'
import { corner, fit } from './mixer'

const whole = { x: 0, y: 0, width: 1280, height: 720 }

describe('the composed picture', () => {
  it('shows a screen of any shape whole', () => {
    expect(fit(1920, 1080, whole)).toEqual(whole)
    expect(fit(1024, 768, whole)).toEqual({ x: 160, y: 0, width: 960, height: 720 })
    expect(fit(3440, 1440, whole)).toEqual({ x: 0, y: 92, width: 1280, height: 536 })
  })

  it('keeps the camera inside, whatever its shape', () => {
    for (const [width, height] of [[640, 480], [1280, 720], [720, 1280]] as const) {
      const box = corner(width, height)
      expect(box.x + box.width).toBeLessThanOrEqual(1280)
      expect(box.y).toBeGreaterThanOrEqual(0)
    }
  })

  it('draws nothing of what has no size yet', () => {
    expect(fit(0, 0, whole)).toMatchObject({ width: 0, height: 0 })
    expect(corner(0, 0).height).toBe(0)
  })
})
