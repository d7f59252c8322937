import { beforeEach, describe, expect, it } from 'vitest'
import { Pilot } from './pilot'
import type { Source } from './source'
import type { LineSample } from './weakness'

const LIVE: Source = { kind: 'live', url: '/live/l/x/index.m3u8', listen: '/live/l/x/listen.m3u8', whep: null }
const REPLAY: Source = { ...LIVE, kind: 'replay' }

let now: number
let asked: string[]
let found: { bps: number | null; needBps: number | null }
let pilot: Pilot

const look = (more: Partial<LineSample> = {}) =>
  pilot.look({ at: now, stalled: false, begun: true, measured: true, bps: null, needBps: null, ...more })
/** Time passes, looked at every 250 ms, answers included. */
async function pass(ms: number, more: () => Partial<LineSample> = () => ({})) {
  for (const end = now + ms; now < end; ) {
    now += 250
    look(more())
    await Promise.resolve().then(() => undefined)
  }
}

beforeEach(() => {
  ;[now, asked] = [100_000, []]
  found = { bps: 9_000_000, needBps: 600_000 }
  pilot = new Pilot(
    () => now,
    async (url) => {
      asked.push(new URL(url).pathname.split('/').pop()!)
      return found
    },
  )
  pilot.begin(LIVE)
})

describe('a weak network', () => {
  const narrow = { stalled: true, bps: 400_000, needBps: 600_000 }
  it('is listened to, and looked at until there is room', async () => {
    await pass(4000, () => narrow)
    expect([pilot.course, pilot.weak]).toEqual(['sound', true])
    found = { bps: 500_000, needBps: 600_000 }
    await pass(40_000)
    expect([asked, pilot.course]).toEqual([['index.m3u8'], 'sound'])
    found = { bps: 9_000_000, needBps: 600_000 }
    await pass(60_000)
    expect([asked, pilot.course]).toEqual([['index.m3u8', 'index.m3u8', 'index.m3u8'], 'all'])
  })

  it('stays so when the recording follows the lesson, and not against the member', async () => {
    await pass(4000, () => narrow)
    pilot.begin(REPLAY)
    expect(pilot.course).toBe('sound')
    pilot.again()
    expect(look()).toBe('all')
  })

  it('has nothing less to offer than the sound alone', async () => {
    pilot.begin({ ...LIVE, listen: null })
    await pass(4000, () => narrow)
    expect(pilot.course).toBe('all')
  })
})
