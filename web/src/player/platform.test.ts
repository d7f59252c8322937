import { describe, expect, it } from 'vitest'
import { deviceOf, engineOf, type Platform } from './platform'

const android: Platform = {
  userAgent: 'Mozilla/5.0 (Linux; Android 10; HUAWEI) Chrome/107 MicroMessenger/8.0',
  touchPoints: 5,
  shortSide: 360,
  mediaSource: true,
  nativeHls: true,
}
const iphone: Platform = {
  userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X)',
  touchPoints: 5,
  shortSide: 390,
  mediaSource: false,
  nativeHls: true,
}
const ipad: Platform = {
  userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari',
  touchPoints: 5,
  shortSide: 820,
  mediaSource: true,
  nativeHls: true,
}
const desk: Platform = {
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/142',
  touchPoints: 0,
  shortSide: 1080,
  mediaSource: true,
  nativeHls: true,
}

describe('the platform', () => {
  it.each([
    [android, 'phone'],
    [iphone, 'phone'],
    [ipad, 'tablet'],
    [desk, 'desktop'],
    [{ ...android, shortSide: 800 }, 'tablet'],
  ] as const)('knows its class', (p, device) => {
    expect(deviceOf(p)).toBe(device)
  })
  it('plays natively on iOS and where there is nothing else', () => {
    expect([android, iphone, ipad, desk].map(engineOf)).toEqual(['hls', 'native', 'native', 'hls'])
    expect(engineOf({ ...android, mediaSource: false })).toBe('native')
    expect(engineOf({ ...android, mediaSource: false, nativeHls: false })).toBe('none')
  })
})
