import { describe, expect, it } from 'vitest'
import { positionState } from './lockScreen'
import { KEPT_PLACES, ownPlaces } from './places'
import { begin, startOf } from './resume'
import { SleepTimer } from './sleep'
import { choose } from './sound'

const place = (position_ms: number, heard_at: number, finished = false) => ({ position_ms, heard_at, device: 'desktop' as const, finished })

describe('where an episode begins', () => {
  it('is where it was heard last, not furthest', () => {
    expect(begin(place(300_000, 2000), { positionMs: 2_400_000, heardAt: 1000, finished: false }, 3_600_000, 'phone')).toEqual({
      atMs: 300_000,
      other: { position_ms: 2_400_000, heard_at: 1000, device: 'phone', finished: false },
    })
  })
  it('offers no other place that is the same, or finished', () => {
    expect(begin(place(300_000, 2000), { positionMs: 310_000, heardAt: 1000, finished: false }, 3_600_000, 'phone').other).toBeNull()
    expect(begin(place(300_000, 2000), { positionMs: 3_600_000, heardAt: 1000, finished: true }, 3_600_000, 'phone').other).toBeNull()
  })
  it('is the beginning when nothing is left to hear (audiobookshelf#635)', () => {
    expect(startOf(place(3_598_000, 1), 3_600_000)).toBe(0)
    expect(startOf(place(10, 1, true), 3_600_000)).toBe(0)
    expect(startOf(null, 0)).toBe(0)
  })
})

describe('the sleep timer', () => {
  it('waits for the end of the episode once, and not while minutes are counted', () => {
    const timer = new SleepTimer()
    timer.set('end')
    expect([timer.heard(1e9), timer.ended(), timer.ended()]).toEqual([false, true, false])
    timer.set(1)
    expect([timer.ended(), timer.heard(59_000), timer.heard(1000), timer.heard(1000)]).toEqual([false, false, true, false])
  })
  it('takes no day without a look for a day of listening', () => {
    const timer = new SleepTimer()
    timer.set(15)
    expect(timer.heard(86_400_000)).toBe(false)
  })
})

describe('the lock screen', () => {
  it('is never told of a length that is none, nor of a place beyond it', () => {
    expect(positionState({ lengthMs: Number.NaN, positionMs: 0, rate: 1 })).toBeNull()
    expect(positionState({ lengthMs: 0, positionMs: 0, rate: 1 })).toBeNull()
    expect(positionState({ lengthMs: 1000.5, positionMs: 1003, rate: 1 })).toEqual({ duration: 1.0005, position: 1.0005, playbackRate: 1 })
    expect(positionState({ lengthMs: 1000, positionMs: -3, rate: 0.75 })?.position).toBe(0)
  })
})

describe('the rendition', () => {
  const sounds = [
    { mime: 'audio/mp4; codecs="mp4a.40.2"', url: 'aac', bytes: 2, kbps: 64 },
    { mime: 'audio/webm; codecs=opus', url: 'opus', bytes: 1, kbps: 32 },
  ]
  it('is the best, or the smallest with the data saver, of what this browser plays', () => {
    expect(choose(sounds, false, () => true)?.url).toBe('aac')
    expect(choose(sounds, true, () => true)?.url).toBe('opus')
    expect(choose(sounds, true, (mime) => mime.includes('mp4'))?.url).toBe('aac')
    expect(choose(sounds, false, () => false)).toBeNull()
  })
})

describe('what this device heard', () => {
  const memory = () => {
    const rows = new Map<string, string>()
    return { getItem: (k: string) => rows.get(k) ?? null, setItem: (k: string, v: string) => void rows.set(k, v) } as unknown as Storage
  }
  it('is kept apart for two people of one phone', () => {
    const storage = memory()
    ownPlaces('a', () => storage).set('e', { positionMs: 1, heardAt: 1, finished: false })
    expect(ownPlaces('b', () => storage).get('e')).toBeNull()
    expect(ownPlaces('a', () => storage).get('e')?.positionMs).toBe(1)
  })
  it('is that of another tab, too, which wrote since', () => {
    const storage = memory()
    const [one, two] = [ownPlaces('a', () => storage), ownPlaces('a', () => storage)]
    one.set('e', { positionMs: 1, heardAt: 1, finished: false })
    two.set('f', { positionMs: 2, heardAt: 2, finished: false })
    two.set('e', { positionMs: 3, heardAt: 3, finished: false })
    one.set('g', { positionMs: 4, heardAt: 4, finished: false })
    expect(['e', 'f', 'g'].map((id) => two.get(id)?.positionMs)).toEqual([3, 2, 4])
  })
  it('is bounded, and survives storage that is blocked or holds something else', () => {
    const storage = memory()
    const places = ownPlaces('a', () => storage)
    for (let n = 0; n < KEPT_PLACES + 5; n += 1) places.set(`e${n}`, { positionMs: 1, heardAt: n, finished: false })
    expect([places.get('e4'), places.get('e5')?.heardAt]).toEqual([null, 5])
    storage.setItem('yunke.heard.c', '{"e":{"positionMs":"x"},"f":7}')
    expect(ownPlaces('c', () => storage).get('e')).toBeNull()
    const blocked = ownPlaces('a', () => {
      throw new Error('blocked')
    })
    blocked.set('e', { positionMs: 7, heardAt: 1, finished: false })
    expect(blocked.get('e')?.positionMs).toBe(7)
  })
})
