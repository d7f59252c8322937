import { expect, it } from 'vitest'
import { fitted } from './picture'

it('a picture keeps its shape and is never made larger', () => {
  expect(fitted(1920, 1080)).toEqual({ width: 1280, height: 720 })
  expect(fitted(640, 360)).toEqual({ width: 640, height: 360 })
  expect(fitted(1000, 4000)).toEqual({ width: 320, height: 1280 })
  expect(fitted(10_000, 1)).toEqual({ width: 1280, height: 1 })
})
