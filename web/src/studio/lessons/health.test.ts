import { describe, expect, it } from 'vitest'
import { loadArea, setLocale, t } from '@/i18n'
import { bitrate, healthLines, profile, refusedLine } from './health'

describe('health in words', () => {
  it('gives each figure in the unit people use', () => {
    const lines = healthLines([
      { code: 'key_interval', value: 10_000 },
      { code: 'bitrate_low', value: 120_400 },
      { code: 'fps_low', value: 12_500 },
      { code: 'stalled', value: 2_340 },
      { code: 'rebuilt', value: 3 },
      { code: 'size_high', value: 2160 },
      { code: 'audio_rate_low', value: 22_050 },
    ])
    expect(lines.map((l) => l.params.value)).toEqual(['10', '120 kbps', '12.5', '2.3', '3', '2160', '22.1'])
    expect(lines[0]).toMatchObject({ severity: 'warn', what: 'studio.health.key_interval.what' })
  })

  it('says why an encoder was not let in, and the service’s own words where they say more', async () => {
    await setLocale('zh-CN')
    await loadArea('studio')
    const refused = (code: string) => refusedLine({ code, reason: 'HEVC cannot be played' })
    expect(t(refused('passphrase').what)).toContain('加密口令不对')
    expect([refused('taken').detail, refused('media').detail, refused('new_one').detail]).toEqual([
      '',
      'HEVC cannot be played',
      'HEVC cannot be played',
    ])
    for (const code of ['taken', 'key_replaced', 'passphrase', 'media', 'later', 'new_one'])
      expect(t(refused(code).advice)).not.toMatch(/studio\./)
  })

  it('has words for an encoder that is slow or strange, each with its figure', async () => {
    await setLocale('zh-CN')
    await loadArea('studio')
    const notes = [
      { code: 'too_slow', value: 703 },
      { code: 'tracks_apart', value: 4_020 },
      { code: 'frames_damaged', value: 12 },
    ]
    expect(healthLines(notes).map((line) => t(line.what, line.params))).toEqual([
      '只收到实时的 70.3%，课程越来越滞后',
      '画面和声音到达相差 4 秒：先到的在等，课程因此晚这么久',
      '12 帧到达时已损坏，已跳过',
    ])
    for (const code of ['format_missing', 'tracks_ignored', 'data_ignored', 'picture_recoded']) {
      const [line] = healthLines([{ code, value: 1 }])
      expect(line?.what).toBe(`studio.health.${code}.what`)
      expect(t(line!.advice)).not.toMatch(/studio\./)
    }
  })

  it('says something about a code it does not know', () => {
    expect(healthLines([{ code: 'new_one', value: null }])[0]).toMatchObject({
      what: 'studio.health.unknown.what',
      severity: 'warn',
      params: { value: '', code: 'new_one' },
    })
  })

  it('says in words, and calmly, what is not made any more', async () => {
    await setLocale('zh-CN')
    await loadArea('studio')
    const lines = healthLines(['small_picture_slow', 'small_picture_broken', 'small_sound_broken'].map((code) => ({ code, value: null })))
    expect(lines.map((line) => [line.severity, t(line.what, line.params)])).toEqual([
      ['info', '流畅画质已自动关闭：这台电脑忙不过来'],
      ['info', '流畅画质已自动关闭：多次出错'],
      ['info', '低码率声音已自动关闭：多次出错'],
    ])
  })

  it('says in words that the lesson is not recorded', async () => {
    await setLocale('zh-CN')
    await loadArea('studio')
    const lines = healthLines(['recording_full', 'recording_failing', 'recording_holes'].map((code) => ({ code, value: null })))
    expect(lines.map((line) => [line.severity, t(line.what, line.params)])).toEqual([
      ['bad', '服务器磁盘满了：课程照常，但没有在录制'],
      ['bad', '服务器现在存不下录像'],
      ['warn', '录制已恢复，但缺了一段'],
    ])
  })

  it('speaks of the browser in the booth, and of no rate the browser chose', () => {
    const notes = [
      { code: 'no_audio', value: null },
      { code: 'bitrate_low', value: 90_000 },
      { code: 'rebuilt', value: 1 },
    ]
    expect(healthLines(notes, true).map((line) => line.advice)).toEqual(['studio.booth.health.no_audio', 'studio.health.rebuilt.do'])
    expect(healthLines(notes)).toHaveLength(3)
  })

  it('names the profile and level of H.264', () => {
    expect(['avc1.64001f', 'avc1.42e01f', 'avc1.420028', 'avc1.4d401e', 'hvc1.1'].map(profile)).toEqual([
      'High 3.1',
      'Constrained Baseline 3.1',
      'Baseline 4',
      'Main 3',
      '',
    ])
  })

  it('writes bitrates as encoders do', () => {
    expect(bitrate(2_100_000)).toBe('2.1 Mbps')
    expect(bitrate(2_000_000)).toBe('2 Mbps')
    expect(bitrate(96_000)).toBe('96 kbps')
  })
})
