import { describe, expect, it } from 'vitest'
import { Meter, TICK_MS, type BeatDraft } from './meter'

function meter(random = 0.5) {
  const beats: BeatDraft[] = []
  const m = new Meter(
    (b) => beats.push(b),
    () => random,
  )
  /** Plays from `position` for `ms` in steps of 250 ms. */
  const play = (position: number, at: number, ms: number, rate = 1) => {
    for (let t = 250; t <= ms; t += 250) m.sample({ positionMs: position + t * rate, at: at + t, rate })
  }
  const claimed = () => beats.filter((b) => b.state === 'playing').reduce((sum, b) => sum + b.to_ms - b.from_ms, 0)
  return { m, beats, play, claimed }
}

/** Random figures that are the same every time. */
function mulberry(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

describe('the meter', () => {
  it('says at once that somebody watches, with no length and the gesture', () => {
    const { m, beats } = meter()
    m.start({ positionMs: 1000.4, at: 50, rate: 1 }, true)
    expect(beats).toEqual([
      {
        state: 'playing',
        cause: 'play',
        source: 'live',
        mode: 'video',
        visible: true,
        from_ms: 1001,
        to_ms: 1001,
        rate_milli: 1000,
        client_ms: 50,
        gesture: true,
      },
    ])
  })

  it('waits with that until the position is known', () => {
    const { m, beats } = meter()
    m.start({ positionMs: null, at: 0, rate: 1 }, true)
    expect(beats).toEqual([])
    m.sample({ positionMs: 500, at: 900, rate: 1 })
    expect(beats).toMatchObject([{ from_ms: 500, to_ms: 500, gesture: true }])
  })

  it('reports every 15 s, one interval after the other without a hole', () => {
    const { m, beats, play, claimed } = meter()
    m.start({ positionMs: 0, at: 0, rate: 1 }, false)
    play(0, 0, 60_000)
    expect(beats.filter((b) => b.cause === 'tick')).toHaveLength(4)
    beats.slice(1).forEach((b, i) => expect(b.from_ms).toBe(beats[i]!.to_ms))
    expect(claimed()).toBe(60_000)
  })

  it.each([
    [0, 12_000],
    [0.999, 18_000],
  ])('spreads the ticks by 20 per cent', (random, at) => {
    const { m, beats, play } = meter(random)
    m.start({ positionMs: 0, at: 0, rate: 1 }, false)
    play(0, 0, at - 500)
    expect(beats).toHaveLength(1)
    play(at - 500, at - 500, 1000)
    expect(beats).toHaveLength(2)
  })

  it('does not claim a seek', () => {
    const { m, beats, play, claimed } = meter()
    m.start({ positionMs: 0, at: 0, rate: 1 }, false)
    play(0, 0, 5000)
    m.jump(5000)
    m.sample({ positionMs: 600_000, at: 5100, rate: 1 })
    play(600_000, 5100, 2000)
    m.stop({ positionMs: 602_000, at: 7100, rate: 1 }, 'pause', 'paused')
    expect(claimed()).toBe(7000)
    expect(beats.map((b) => [b.cause, b.state, b.from_ms, b.to_ms])).toEqual([
      ['play', 'playing', 0, 0],
      ['seek', 'playing', 0, 5000],
      ['seek', 'playing', 600_000, 600_000],
      ['pause', 'playing', 600_000, 602_000],
      ['pause', 'paused', 602_000, 602_000],
    ])
  })

  it('neither claims nor announces the hole an engine skips', () => {
    const { m, beats, play, claimed } = meter()
    m.start({ positionMs: 0, at: 0, rate: 1 }, false)
    play(0, 0, 3000)
    m.jump(3000)
    play(3100, 3400, 3000)
    m.stop({ positionMs: 6100, at: 6400, rate: 1 }, 'pause', null)
    expect(claimed()).toBe(3000 + 2750)
    expect(beats.map((b) => [b.from_ms, b.to_ms])).toEqual([
      [0, 0],
      [0, 3000],
      [3350, 6100],
    ])
  })

  it('does not claim a jump that nobody announced, forwards or backwards', () => {
    const { m, play, claimed } = meter()
    m.start({ positionMs: 0, at: 0, rate: 1 }, false)
    play(0, 0, 5000)
    play(20_000, 5000, 5000)
    play(1000, 10_000, 5000)
    m.stop({ positionMs: 6000, at: 15_000, rate: 1 }, 'pause', 'paused')
    expect(claimed()).toBeLessThanOrEqual(15_000)
    expect(claimed()).toBeGreaterThan(14_000)
  })

  it('never claims more than time × rate, however the position creeps', () => {
    const { m, claimed } = meter()
    m.start({ positionMs: 0, at: 0, rate: 1 }, false)
    for (let i = 1; i <= 400; i++) m.sample({ positionMs: i * 400, at: i * 250, rate: 1 })
    m.stop({ positionMs: 160_000, at: 100_000, rate: 1 }, 'pause', 'paused')
    expect(claimed()).toBeLessThanOrEqual(100_300)
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('claims what was played, however late it looks, through stalls, seeks and other rates (%i)', (seed) => {
    const { m, claimed } = meter()
    const random = mulberry(seed)
    let [position, played, rate, standsUntil, looksAt] = [0, 0, 1, 0, 0]
    let seeks = 0
    m.start({ positionMs: 0, at: 0, rate }, false)
    for (let at = 0; at < 600_000; at += 10) {
      if (at >= standsUntil) {
        position += 10 * rate
        played += 10 * rate
      }
      if (random() < 0.0005) standsUntil = at + 3000 * random()
      if (random() < 0.0005) {
        m.cut({ positionMs: position, at, rate }, 'rate')
        rate = 0.75 + random() / 2
      }
      if (random() < 0.0003) {
        m.jump(at)
        position += 60_000 * (random() - 0.3) + 60_000
        seeks += 1
      }
      if (at >= looksAt) {
        m.sample({ positionMs: position, at, rate })
        looksAt = at + 100 + 1900 * random()
      }
    }
    m.stop({ positionMs: position, at: 600_000, rate }, 'pause', 'paused')
    expect(seeks).toBeGreaterThan(5)
    expect(claimed()).toBeLessThanOrEqual(played)
    // At each jump what was played since the last look, and until the next one.
    expect(claimed()).toBeGreaterThan(played - seeks * 2 * 2000 * 1.25)
  })

  it('claims nothing for a stall and says that it buffers', () => {
    const { m, beats, play, claimed } = meter()
    m.start({ positionMs: 0, at: 0, rate: 1 }, false)
    play(0, 0, 4000)
    for (let t = 4250; t <= 2 * TICK_MS + 500; t += 250) m.sample({ positionMs: 4000, at: t, rate: 1 })
    expect(claimed()).toBe(4000)
    expect(beats.at(-1)).toMatchObject({ state: 'buffering', from_ms: 4000, to_ms: 4000 })
  })

  it('does not save a stall up for a later jump', () => {
    const { m, play, claimed } = meter()
    m.start({ positionMs: 0, at: 0, rate: 1 }, false)
    for (let t = 250; t <= 10_000; t += 250) m.sample({ positionMs: 0, at: t, rate: 1 })
    play(9000, 10_000, 1000)
    m.stop({ positionMs: 10_000, at: 11_000, rate: 1 }, 'pause', 'paused')
    expect(claimed()).toBeLessThanOrEqual(1000)
  })

  it('reports the rate that the interval was really played at', () => {
    const { m, beats, play } = meter()
    m.start({ positionMs: 0, at: 0, rate: 1.25 }, false)
    play(0, 0, 4000, 1.25)
    play(5000, 4000, 5000, 1)
    m.stop({ positionMs: 10_000, at: 9000, rate: 1 }, 'pause', 'paused')
    const beat = beats.find((b) => b.cause === 'pause' && b.state === 'playing')!
    expect(beat.to_ms - beat.from_ms).toBe(10_000)
    expect(beat.rate_milli).toBe(1112)
  })

  it('closes the interval under the old conditions when the page is hidden', () => {
    const { m, beats, play } = meter()
    m.start({ positionMs: 0, at: 0, rate: 1 }, false)
    play(0, 0, 3000)
    m.cut({ positionMs: 3000, at: 3000, rate: 1 }, 'visibility')
    m.context = { ...m.context, visible: false }
    play(3000, 3000, 1000)
    m.stop({ positionMs: 4000, at: 4000, rate: 1 }, 'hide', 'left')
    expect(beats.slice(1).map((b) => [b.cause, b.state, b.visible, b.from_ms, b.to_ms])).toEqual([
      ['visibility', 'playing', true, 0, 3000],
      ['hide', 'playing', false, 3000, 4000],
      ['hide', 'left', false, 4000, 4000],
    ])
  })

  it('takes a tiny step back of the measured position for what it is', () => {
    const { m, beats, play } = meter()
    m.start({ positionMs: 0, at: 0, rate: 1 }, false)
    play(0, 0, 2000)
    m.sample({ positionMs: 1990, at: 2020, rate: 1 })
    play(2000, 2030, 2000)
    m.stop({ positionMs: 4000, at: 4030, rate: 1 }, 'end', 'ended')
    expect(beats.filter((b) => b.state === 'playing' && b.to_ms > b.from_ms)).toHaveLength(1)
  })
})
