import { describe, expect, it } from 'vitest'
import { firstState, type PlayerState } from '@/player/state'
import { noticeOf } from './notice'

const live: PlayerState = { ...firstState, stage: 'playing', source: 'live' }
const without = (picture: boolean, sound: boolean, pictured = true) => ({ missing: { picture, sound, pictured } })

describe('what is said', () => {
  it('is nothing while both come, and nothing over another sentence', () => {
    expect(noticeOf(live)).toBeNull()
    expect(noticeOf({ ...live, ...without(true, false), stage: 'away' })).toBeNull()
    expect(noticeOf({ ...live, ...without(true, false), source: null, stage: 'ready' })).toBeNull()
  })

  it('is that the picture is gone, or that the sound is', () => {
    expect(noticeOf({ ...live, ...without(true, false) })).toBe('noPicture')
    expect(noticeOf({ ...live, ...without(false, true) })).toBe('noSound')
    expect(noticeOf({ ...live, ...without(true, false), source: 'replay' })).toBe('noPictureReplay')
    expect(noticeOf({ ...live, ...without(false, true), source: 'replay' })).toBe('noSoundReplay')
  })

  it('is calm where there never was a picture', () => {
    expect(noticeOf({ ...live, ...without(true, false, false) })).toBe('soundLesson')
  })

  it('is that the network is weak, whatever else is', () => {
    expect(noticeOf({ ...live, weak: true, course: 'sound' })).toBe('weak')
    expect(noticeOf({ ...live, weak: true, course: 'sound', ...without(true, false) })).toBe('weak')
    expect(noticeOf({ ...live, weak: true, course: 'all' }), 'the picture is on its way').toBeNull()
  })

  it('is of the sound only to who chose the sound', () => {
    expect(noticeOf({ ...live, mode: 'audio', ...without(true, false) })).toBeNull()
    expect(noticeOf({ ...live, mode: 'audio', ...without(false, true) })).toBe('noSound')
  })
})
