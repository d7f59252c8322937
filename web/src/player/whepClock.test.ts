import { describe, expect, it } from 'vitest'
import { Meter, type BeatDraft } from './meter'
import { receivedIn, WhepClock } from './whepClock'

const NTP = 2_208_988_800_000
const ZERO = 1_800_000_000_000
const LOOK = 250

/** A connection that is looked at every 250 ms, and the meter that lives on it. */
function connection() {
  const clock = new WhepClock()
  const beats: BeatDraft[] = []
  const meter = new Meter(
    (beat) => beats.push(beat),
    () => 0.5,
  )
  let [at, frames, samples, concealed] = [10_000, 0, 0, 0]
  const sample = () => meter.sample({ positionMs: clock.date === null ? null : clock.date - ZERO, at: clock.at, rate: 1 })
  meter.start({ positionMs: null, at, rate: 1 }, true)
  return {
    clock,
    beats,
    /** `ms` pass. The browser's estimate runs on whatever arrives, as Chromium's does. */
    pass(ms: number, what: { picture?: boolean; sound?: boolean; placed?: boolean }) {
      for (const end = at + ms; at < end; ) {
        at += LOOK
        if (what.picture) frames += 6
        samples += 12_000
        if (!what.sound) concealed += 12_000
        const estimatedPlayoutTimestamp = what.placed === false ? undefined : NTP + ZERO + at - 10_200
        clock.look(
          receivedIn([
            { type: 'transport' },
            {
              type: 'inbound-rtp',
              kind: 'audio',
              totalSamplesReceived: samples,
              concealedSamples: concealed,
              estimatedPlayoutTimestamp: estimatedPlayoutTimestamp && estimatedPlayoutTimestamp - 100,
            },
            { type: 'inbound-rtp', kind: 'video', framesDecoded: frames, estimatedPlayoutTimestamp },
          ]),
          at,
        )
        sample()
      }
    },
    claimed() {
      meter.stop({ positionMs: null, at, rate: 1 }, 'pause', 'paused')
      return beats.filter((beat) => beat.state === 'playing').reduce((sum, beat) => sum + beat.to_ms - beat.from_ms, 0)
    },
  }
}

describe('what a connection played', () => {
  it('is claimed from the first known date on', () => {
    const it = connection()
    it.pass(2000, { picture: true, sound: true, placed: false })
    expect([it.clock.date, it.clock.moving]).toEqual([null, true])
    it.pass(10_000, { picture: true, sound: true })
    expect(it.claimed()).toBe(10_000 - LOOK)
  })

  it('goes on by sound where the picture is a slide', () => {
    const it = connection()
    it.pass(1000, { picture: true, sound: true })
    it.pass(20_000, { sound: true })
    expect(it.clock.moving).toBe(true)
    expect(it.claimed()).toBe(21_000 - LOOK)
  })

  it('is not what the browser makes up while nothing arrives', () => {
    const it = connection()
    it.pass(5000, { picture: true, sound: true })
    const date = it.clock.date
    it.pass(8000, {})
    expect([it.clock.date, it.clock.moving]).toEqual([date, false])
    it.pass(5000, { picture: true, sound: true })
    expect(it.clock.moving).toBe(true)
    expect(it.claimed()).toBeLessThanOrEqual(10_000 - LOOK)
    expect(it.claimed()).toBeGreaterThan(9000)
  })

  it('is nothing while the first frame is on its way', () => {
    const it = connection()
    it.pass(1500, { sound: true })
    expect([it.clock.date, it.claimed()]).toEqual([null, 0])
  })

  it('is the sound where no picture ever comes, and both when one does', () => {
    const it = connection()
    it.pass(10_000, { sound: true })
    expect([it.clock.soundAlone, it.clock.moving]).toEqual([true, true])
    it.pass(2000, { picture: true, sound: true })
    expect(it.clock.soundAlone).toBe(false)
    expect(it.claimed()).toBeGreaterThan(9500)
    expect(it.claimed()).toBeLessThanOrEqual(12_000 - 1500)
  })
})
