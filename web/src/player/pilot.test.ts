import { beforeEach, describe, expect, it } from 'vitest'
import { Pilot, type Look } from './pilot'
import type { Source } from './playback'

const T = 1_800_000_000_000
const LIVE: Source = { kind: 'live', url: '/live/l/x/index.m3u8', listen: '/live/l/x/listen.m3u8', whep: null }
const REPLAY: Source = { ...LIVE, kind: 'replay' }
const index = (picture: boolean, sound: boolean) =>
  `#EXTM3U\n${sound ? '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="s",NAME="S",URI="audio.m3u8"\n' : ''}#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="${picture ? 'avc1.64001f' : 'mp4a.40.2'}"${picture ? ',RESOLUTION=640x360' : ''}\nvideo.m3u8\n`

let now: number
let asked: string[]
let answer: string
let found: { bps: number | null; needBps: number | null }
let joined: number
let pilot: Pilot

const look = (more: Partial<Look> = {}) => pilot.look({ at: now, date: T, stalled: false, begun: true, measured: true, bps: null, needBps: null, pictureAlone: true, ...more })
/** Time passes, looked at every 250 ms, answers included. */
async function pass(ms: number, more: (at: number) => Partial<Look> = () => ({})) {
  for (const end = now + ms; now < end; ) {
    now += 250
    look(more(now))
    await Promise.resolve().then(() => undefined)
  }
}

beforeEach(() => {
  ;[now, asked, answer, joined] = [100_000, [], '', 0]
  found = { bps: 9_000_000, needBps: 600_000 }
  pilot = new Pilot({ now: () => now, joined: () => (joined += 1) }, {
    text: async (url) => {
      asked.push(new URL(url).pathname.split('/').pop()!)
      return answer
    },
    probe: async () => {
      asked.push('probe')
      return found
    },
  })
  pilot.begin(LIVE)
})

describe('a track that joins', () => {
  it('is looked for while one is missing, soon after the room has said so, and opened once it is offered', async () => {
    pilot.offers({ picture: false, sound: true })
    answer = index(false, true)
    await pass(20_000)
    expect([asked.length, joined]).toEqual([10, 0])
    pilot.tracks = { picture: true, sound: true }
    await pass(1500)
    expect(asked.length).toBeGreaterThanOrEqual(11)
    answer = index(true, true)
    await pass(1000)
    expect(joined).toBeGreaterThan(0)
  })

  it('is not looked for where nothing is missing, nor in a recording', async () => {
    pilot.offers({ picture: true, sound: true })
    pilot.tracks = { picture: false, sound: true }
    await pass(20_000)
    pilot.begin(REPLAY)
    pilot.offers({ picture: false, sound: true })
    await pass(20_000)
    expect([asked, joined]).toEqual([[], 0])
  })
})

describe('a recording with holes', () => {
  it('is heard where the picture is missing, seen where the sound is, and whole again behind', () => {
    pilot.begin(REPLAY)
    pilot.told([{ from: T + 10_000, to: T + 20_000, lacks: 'picture' }, { from: T + 40_000, to: T + 45_000, lacks: 'sound' }])
    const at = (ms: number) => look({ date: T + ms })
    expect([at(0), at(9700), pilot.hole?.lacks, at(15_000), at(19_900), at(20_010), pilot.hole]).toEqual(['all', 'sound', 'picture', 'sound', 'sound', 'all', null])
    expect([at(40_000), at(45_000)]).toEqual(['picture', 'all'])
    expect(at(12_000), 'a seek into it').toBe('sound')
  })
})

describe('a live lesson with a hole', () => {
  it('is heard on, and whole again when the playlist is', async () => {
    pilot.told([{ from: T - 1000, to: T + 2000, lacks: 'picture' }])
    expect(look()).toBe('sound')
    answer = `#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:${new Date(T).toISOString()}\n#EXT-X-GAP\n#EXTINF:2,\na\n`
    await pass(3000)
    expect([asked[0], pilot.course]).toEqual(['video.m3u8', 'sound'])
    answer += '#EXTINF:2,\nb\n'
    await pass(2000)
    expect(pilot.course).toBe('all')
  })
})

describe('a weak network', () => {
  const narrow = { stalled: true, bps: 400_000, needBps: 600_000 }
  it('is listened to, and looked at until there is room', async () => {
    await pass(4000, () => narrow)
    expect([pilot.course, pilot.weak]).toEqual(['sound', true])
    found = { bps: 500_000, needBps: 600_000 }
    await pass(40_000)
    expect([asked, pilot.course]).toEqual([['probe'], 'sound'])
    found = { bps: 9_000_000, needBps: 600_000 }
    await pass(60_000)
    expect([asked, pilot.course]).toEqual([['probe', 'probe', 'probe'], 'all'])
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
