import { describe, expect, it } from 'vitest'
import type { Doors } from './api'
import { doorFields, protocols, srtAddress } from './doors'

const doors: Doors = { rtmp_server: 'rtmp://a.cn/live', whip_url: 'https://a.cn/whip', srt_url: 'srt://a.cn:8890', srt_passphrase: null }
const values = (...args: Parameters<typeof doorFields>) => doorFields(...args).map((field) => field.value)

describe('what is copied into an encoder', () => {
  it('is server and key for RTMP and WHIP', () => {
    expect(values(doors, 'rtmp', 'k3y')).toEqual(['rtmp://a.cn/live', 'k3y'])
    expect(values(doors, 'whip', 'k3y')).toEqual(['https://a.cn/whip', 'k3y'])
    expect(values(doors, 'rtmp', '')).toEqual(['rtmp://a.cn/live'])
  })

  it('is one address for SRT, and its parts for encoders that ask for them', () => {
    expect(values(doors, 'srt', 'k3y')).toEqual(['srt://a.cn:8890?streamid=k3y&latency=200000', 'k3y'])
    expect(values(doors, 'srt', '')).toEqual(['srt://a.cn:8890'])
  })

  it('has the passphrase where SRT is encrypted', () => {
    const locked = { ...doors, srt_passphrase: 'correct-horse' }
    expect(srtAddress(locked, 'k3y')).toBe('srt://a.cn:8890?streamid=k3y&latency=200000&passphrase=correct-horse&pbkeylen=16')
    expect(values(locked, 'srt', '')).toEqual(['srt://a.cn:8890', 'correct-horse'])
  })

  it('leaves SRT out where it is off', () => {
    expect(protocols(doors)).toEqual(['rtmp', 'srt', 'whip'])
    expect(protocols({ ...doors, srt_url: null })).toEqual(['rtmp', 'whip'])
  })
})
