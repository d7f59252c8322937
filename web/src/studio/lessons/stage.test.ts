import { describe, expect, it } from 'vitest'
import { clock, stageView, type StageInput } from './stage'

const MIN = 60_000
const base: StageInput = {
  phase: 'planned',
  publisher: null,
  outage_since: null,
  waiting_for: null,
  zero_at: null,
  started_at: null,
  planned_start_at: 100 * MIN,
  planned_end_at: 160 * MIN,
  connected: true,
  mediaUp: true,
  now: 95 * MIN,
}
const camera = { last_media_at: 0, video: {}, audio: {} }

describe('the stage', () => {
  it('keeps the red button shut while nothing arrives, and says why', () => {
    expect(stageView(base)).toMatchObject({ stage: 'before', picture: 'none', startBlock: 'no_picture' })
    expect(stageView({ ...base, publisher: { ...camera, video: null, audio: null } })).toMatchObject({
      picture: 'waiting',
      startBlock: 'no_picture',
    })
    expect(stageView({ ...base, publisher: camera, connected: false }).startBlock).toBe('not_connected')
    expect(stageView({ ...base, publisher: camera, mediaUp: false }).startBlock).toBe('media_down')
  })

  it('opens it when a picture, or at least sound, arrives', () => {
    expect(stageView({ ...base, publisher: camera })).toMatchObject({ picture: 'arriving', startBlock: null, early: false })
    expect(stageView({ ...base, publisher: { ...camera, video: null } })).toMatchObject({ picture: 'sound_only', startBlock: null })
  })

  it('asks before a start far too early', () => {
    expect(stageView({ ...base, now: 89 * MIN }).early).toBe(true)
    expect(stageView({ ...base, now: 90 * MIN }).early).toBe(false)
  })

  it('counts from zero once media has said where it is, and over time', () => {
    const live: StageInput = { ...base, phase: 'live', publisher: camera, started_at: 100 * MIN, now: 101 * MIN }
    expect(stageView(live)).toMatchObject({ stage: 'starting', elapsedMs: MIN })
    const zero = { ...live, zero_at: 100 * MIN + 1500 }
    expect(stageView(zero)).toMatchObject({ stage: 'on_air', elapsedMs: MIN - 1500, remainingMs: 59 * MIN })
    expect(stageView({ ...zero, now: 161 * MIN }).remainingMs).toBe(-MIN)
  })

  it('says what a start waits for, and only then', () => {
    const started: StageInput = { ...base, phase: 'live', publisher: camera, started_at: 100 * MIN, waiting_for: 'key_frame' }
    expect(stageView(started)).toMatchObject({ stage: 'starting', waits: 'key_frame' })
    expect(stageView({ ...started, zero_at: 100 * MIN }).waits).toBeNull()
  })

  it('tells the lecturer since when nothing arrives', () => {
    const away = stageView({ ...base, phase: 'live', zero_at: 100 * MIN, outage_since: 110 * MIN, now: 110 * MIN + 7000 })
    expect(away).toMatchObject({ stage: 'away', awayMs: 7000 })
  })

  it('is over when it is over, whatever still arrives', () => {
    expect(stageView({ ...base, phase: 'ended', publisher: camera, outage_since: 5 }).stage).toBe('ended')
    expect(stageView({ ...base, phase: 'cancelled' }).stage).toBe('cancelled')
  })
})

describe('the clock', () => {
  it('shows hours only when there are some', () => {
    expect([0, 59_999, 723_000, 3_723_000, -61_000].map(clock)).toEqual(['0:00', '0:59', '12:03', '1:02:03', '1:01'])
  })
})
