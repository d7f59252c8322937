import { describe, expect, it } from 'vitest'
import { barLength, levelVerdict, loudness, WINDOW, type Loudness } from './level'

const look = (db: number, peak = 0.3): Loudness => ({ rms: 10 ** (db / 20), peak })
const window = (make: (n: number) => Loudness): Loudness[] => Array.from({ length: WINDOW }, (_, n) => make(n))

describe('the verdict on the microphone', () => {
  it('waits until there is something to judge', () => {
    expect(levelVerdict([look(-20)])).toBeNull()
  })

  it('is good for speech, pauses and all', () => {
    expect(levelVerdict(window((n) => (n % 4 === 0 ? look(-24) : look(-70, 0.001))))).toBe('good')
  })

  it('hears who is too far away', () => {
    expect(levelVerdict(window(() => look(-50, 0.01)))).toBe('quiet')
  })

  it('knows a closed microphone from a quiet one', () => {
    expect(levelVerdict(window(() => look(-80, 0.0002)))).toBe('silent')
    expect(levelVerdict(window(() => ({ rms: 0, peak: 0 })))).toBe('silent')
  })

  it('takes one bang for a slip, and several for distortion', () => {
    const bangs = (count: number) => window((n) => (n < count ? look(-6, 1) : look(-24)))
    expect(levelVerdict(bangs(1))).toBe('good')
    expect(levelVerdict(bangs(3))).toBe('clipping')
  })

  it('is right for tones of known level', () => {
    const samples = new Float32Array(4096)
    const heard = (dbfs: number) => {
      const gain = 10 ** (dbfs / 20)
      return window(() => loudness(samples.map((_, n) => Math.max(-1, Math.min(1, gain * Math.sin((2 * Math.PI * 440 * n) / 48_000))))))
    }
    expect([-100, -60, -40, -20, -3, 6].map((dbfs) => levelVerdict(heard(dbfs)))).toEqual([
      'silent',
      'silent',
      'quiet',
      'good',
      'good',
      'clipping',
    ])
  })

  it('is right for what Chromium makes of a voice: echo, noise and gain control on', () => {
    // Loudest tenth and peaks, as measured with a voice of −60, −40, −20 and −3 dBFS, and one 12 dB over full scale.
    const voice = (db: number, clips: number) => window((n) => (n % 3 === 0 ? look(db, n < clips * 3 ? 1 : 0.9) : look(db - 20)))
    expect(
      [
        [-49, 0],
        [-27, 0],
        [-18, 0],
        [-12, 1],
        [-4, 5],
      ].map(([db, clips]) => levelVerdict(voice(db!, clips!))),
    ).toEqual(['quiet', 'good', 'good', 'good', 'clipping'])
  })

  it('measures what it is given', () => {
    expect(loudness(new Float32Array([0.5, -0.5, 0.5, -0.5]))).toEqual({ rms: 0.5, peak: 0.5 })
    expect(loudness(new Float32Array())).toEqual({ rms: 0, peak: 0 })
    expect([barLength(0), barLength(0.001), barLength(1), barLength(2)]).toEqual([0, 0, 1, 1])
  })
})
