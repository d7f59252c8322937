import { describe, expect, it } from 'vitest'
import { holesOf, type ListedSegment } from './holes'
import { courseOf, endOf, goesOn, holeAt, lacks, offeredBy, withoutSound, type Hole } from './renditions'

const INDEX = `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Sound",DEFAULT=YES,CHANNELS="2",URI="audio.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=700000,AVERAGE-BANDWIDTH=650000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25.000,AUDIO="sound"
video.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=70000,AVERAGE-BANDWIDTH=65000,CODECS="mp4a.40.2",AUDIO="sound"
audio.m3u8
`

describe('what a multivariant playlist offers', () => {
  it('is read from its variants', () => {
    expect(offeredBy(INDEX)).toEqual({ picture: true, sound: true })
    expect(offeredBy('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.64001f",RESOLUTION=640x360\nvideo.m3u8\n')).toEqual({ picture: true, sound: false })
    expect(offeredBy('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="mp4a.40.2"\naudio.m3u8\n')).toEqual({ picture: false, sound: true })
    expect([offeredBy('{"code":"not_on_air"}'), offeredBy('#EXTM3U\n')]).toEqual([null, null])
  })

  it('can do without the sound', () => {
    const alone = withoutSound(INDEX)
    expect(offeredBy(alone)).toEqual({ picture: true, sound: false })
    expect(alone).not.toMatch(/audio|mp4a|AUDIO/)
    expect(alone).toContain('CODECS="avc1.64001f",RESOLUTION')
  })

  it('is loaded anew for a track that was not there, and not for one that is gone', () => {
    expect(lacks({ picture: false, sound: true }, { picture: true, sound: true })).toBe(true)
    expect(lacks({ picture: true, sound: false }, { picture: true, sound: true })).toBe(true)
    expect(lacks({ picture: true, sound: true }, { picture: false, sound: true })).toBe(false)
    expect(lacks(null, { picture: true, sound: true })).toBe(false)
    expect(lacks({ picture: false, sound: true }, null)).toBe(false)
  })
})

describe('a live playlist', () => {
  const gap = '#EXT-X-GAP\n#EXTINF:2,\na\n'
  const media = '#EXT-X-PART:DURATION=2,URI="p"\n#EXTINF:2,\nb\n'
  const part = '#EXT-X-PART:DURATION=0.3,URI="p"\n'
  it('goes on when enough media stands at its end', () => {
    expect(goesOn(gap + media, 1.5)).toBe(true)
    expect(goesOn(media + gap, 1.5)).toBe(false)
    expect(goesOn(gap + part, 1.5)).toBe(false)
    expect(goesOn(gap + part.repeat(5), 1.5)).toBe(true)
    expect(goesOn('#EXTM3U\n', 1.5)).toBe(false)
  })

  it('tells up to when it has media', () => {
    const at = '#EXT-X-PROGRAM-DATE-TIME:2026-11-30T00:47:04.000Z\n'
    expect(endOf(`${at}#EXTINF:2,\na\n`)).toBe(Date.UTC(2026, 10, 30, 0, 47, 6))
    expect(endOf(`${at}#EXTINF:2,\na\n#EXT-X-PROGRAM-DATE-TIME:2026-11-30T00:47:06.000Z\n${part}${part}`)).toBe(Date.UTC(2026, 10, 30, 0, 47, 6, 600))
    expect(endOf('#EXTM3U\n')).toBeNull()
  })
})

const T = 1_800_000_000_000
/** Segments of 2 s; a dot is a gap. */
const list = (marks: string, at = T): ListedSegment[] => [...marks].map((mark, n) => ({ programDateTime: at + n * 2000, duration: 2, gap: mark === '.' }))

describe('holes', () => {
  it('are where one has nothing and the other goes on', () => {
    expect(holesOf(list('xx...xx'), list('xxxxxxx'), true)).toEqual([{ from: T + 4000, to: T + 10_000, lacks: 'picture' }])
    expect(holesOf(list('xxxxxxx'), list('x..xxxx'), true)).toEqual([{ from: T + 2000, to: T + 6000, lacks: 'sound' }])
  })

  it('are no outages, which both have', () => {
    expect(holesOf(list('xx..xx'), list('xx..xx'), true)).toEqual([])
    expect(holesOf(list('x...xx'), list('xx..xx'), true)).toEqual([{ from: T + 2000, to: T + 4000, lacks: 'picture' }])
  })

  it('are nothing of rounding', () => {
    expect(holesOf(list('xxx'), list('xxx', T + 21), true)).toEqual([])
  })

  it('are at the ends of a recording, too, and not at those of a window', () => {
    expect(holesOf(list('xx', T + 4000), list('xxxx'), true)).toEqual([{ from: Number.NEGATIVE_INFINITY, to: T + 4000, lacks: 'picture' }])
    expect(holesOf(list('xx', T + 4000), list('xxxx'), false)).toEqual([])
  })

  it('are not told without dates', () => {
    expect(holesOf([{ programDateTime: null, duration: 2 }], list('xx'), true)).toEqual([])
  })
})

const HOLES: Hole[] = [{ from: T + 10_000, to: T + 20_000, lacks: 'picture' }, { from: T + 30_000, to: T + 32_000, lacks: 'sound' }]
const NOTHING = { weak: false, hole: null, soundAlone: true, pictureAlone: true }

describe('the hole that is played', () => {
  it('is entered a moment before, and left at its end', () => {
    expect(holeAt(HOLES, T + 9500, 'all')).toBeNull()
    expect(holeAt(HOLES, T + 9700, 'all')).toBe(HOLES[0])
    expect(holeAt(HOLES, T + 19_900, 'sound')).toBe(HOLES[0])
    expect(holeAt(HOLES, T + 19_900, 'all'), 'not worth it').toBeNull()
    expect(holeAt(HOLES, T + 20_000, 'sound')).toBeNull()
    expect(holeAt(HOLES, null, 'all')).toBeNull()
  })
})

describe('what is played', () => {
  it('is all of it, unless something speaks against it', () => {
    expect(courseOf(NOTHING)).toBe('all')
    expect(courseOf({ ...NOTHING, weak: true })).toBe('sound')
    expect(courseOf({ ...NOTHING, hole: HOLES[0]! })).toBe('sound')
    expect(courseOf({ ...NOTHING, hole: HOLES[1]! })).toBe('picture')
    expect(courseOf({ ...NOTHING, weak: true, hole: HOLES[1]! }), 'the only thing there is').toBe('picture')
  })

  it('stays what was asked for where there is no other source', () => {
    expect(courseOf({ ...NOTHING, soundAlone: false, weak: true, hole: HOLES[0]! })).toBe('all')
    expect(courseOf({ ...NOTHING, pictureAlone: false, hole: HOLES[1]! })).toBe('all')
  })
})
