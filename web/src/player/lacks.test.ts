import { describe, expect, it } from 'vitest'
import { lackAt, lacksOf } from './lacks'

const INDEX = `#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=640x360
video.m3u8
#EXT-X-SESSION-DATA:DATA-ID="org.yunke.without-picture",VALUE="0-4000,10000-20000"
#EXT-X-SESSION-DATA:DATA-ID="org.yunke.without-sound",VALUE="30000-31000"
`

describe('what a recording lacks', () => {
  it('is read from its multivariant playlist', () => {
    expect(lacksOf(INDEX)).toEqual({
      picture: [
        [0, 4000],
        [10_000, 20_000],
      ],
      sound: [[30_000, 31_000]],
    })
    expect(lacksOf('#EXTM3U\n')).toEqual({ picture: [], sound: [] })
    expect(lacksOf('{"code":"replay_hidden"}')).toEqual({ picture: [], sound: [] })
  })

  it('is known at every position', () => {
    const at = (ms: number) => lackAt(lacksOf(INDEX), ms)
    expect(at(0)).toEqual({ picture: true, sound: false, pictured: false })
    expect(at(4000)).toEqual({ picture: false, sound: false, pictured: true })
    expect(at(10_000)).toEqual({ picture: true, sound: false, pictured: true })
    expect(at(30_500)).toEqual({ picture: false, sound: true, pictured: true })
  })
})
