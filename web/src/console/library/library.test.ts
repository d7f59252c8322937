import { readFileSync } from 'node:fs'
import { DetailedError } from 'tus-js-client'
import { describe, expect, it } from 'vitest'
import { chapterText, readChapters } from './chapters'
import { FILES_AT_ONCE, fromDrop, sortFiles, type Chosen } from './files'
import { isOut, publishable } from './labels'
import { openLedger } from './ledger'
import { changed } from './seriesFields'
import { codeOf, mayPass, metadata } from './tus'
import type { ConsoleEpisode } from './types'
import { PARALLEL, sumOf, Uploads, type SendEvents, type SendWish, type UploadRow } from './uploads'
import en from './words.en'
import zh from './words.zh-CN'

const file = (path: string, size = 10, lastModified = 1): Chosen => ({ path, file: { name: path.split('/').at(-1)!, size, lastModified } as File })

function storage(): Storage {
  const rows = new Map<string, string>()
  return { getItem: (k: string) => rows.get(k) ?? null, setItem: (k: string, v: string) => void rows.set(k, v) } as unknown as Storage
}

function setup(kept = storage()) {
  /** What a stop waits for. */
  const slow: { stops: Promise<void> | undefined } = { stops: undefined }
  const begun: (SendWish & { events: SendEvents; stopped: boolean })[] = []
  let rows: UploadRow[] = []
  const uploads = new Uploads(
    's',
    (wish, events) => {
      const one = { ...wish, events, stopped: false }
      begun.push(one)
      return () => {
        one.stopped = true
        return slow.stops
      }
    },
    openLedger('m', () => kept, () => 5),
    (now) => (rows = now),
    () => 5,
  )
  return { uploads, begun, kept, slow, rows: () => rows, states: () => rows.map(({ state }) => state) }
}

describe('the files of a folder', () => {
  it('come in the order of their numbers, without what a Mac put beside them (astra#221)', () => {
    const tracks = Array.from({ length: 10 }, (_, n) => `讲座/${n + 1}.mp3`)
    const junk = [...Array.from({ length: 10 }, (_, n) => `讲座/._${n + 1}.mp3`), '讲座/.DS_Store', '讲座/Thumbs.db']
    const sorted = sortFiles([...junk, ...[...tracks].reverse(), '讲座/封面.jpg'].map((path) => file(path)))
    expect([sorted.take.map(({ path }) => path), sorted.junk, sorted.other]).toEqual([tracks, 12, 1])
  })
  it('have one name, composed or not, and any extension a recorder may write', () => {
    const sorted = sortFiles([file('Cafe\u0301.amr'), file('录音'), file('x.unknown')])
    expect(sorted.take.map(({ path }) => path)).toContain('Café.amr')
    expect(sorted.take).toHaveLength(3)
  })
  it('are bounded, and the page is told how many stay behind', () => {
    const sorted = sortFiles(Array.from({ length: FILES_AT_ONCE + 3 }, (_, n) => file(`${n}.mp3`)))
    expect([sorted.take.length, sorted.beyond]).toEqual([FILES_AT_ONCE, 3])
  })
})

describe('uploads', () => {
  it('go three at a time, in order', () => {
    const { uploads, begun, states } = setup()
    uploads.add(['1', '2', '3', '4', '5'].map((path) => file(path)))
    expect(begun).toHaveLength(PARALLEL)
    begun[1]!.events.done()
    expect([begun.map(({ chosen }) => chosen.path), states()]).toEqual([['1', '2', '3', '4'], ['sending', 'done', 'sending', 'sending', 'waiting']])
  })
  it('pause and go on where they stopped', () => {
    const { uploads, begun, rows, states } = setup()
    uploads.add([file('1'), file('2')])
    begun[0]!.events.created('u1', 'e1')
    begun[0]!.events.progress(4)
    uploads.pause()
    begun[0]!.events.progress(9)
    expect([begun.every(({ stopped }) => stopped), states(), rows()[0]!.sent]).toEqual([true, ['paused', 'paused'], 4])
    uploads.add([file('3')])
    expect(begun).toHaveLength(2)
    uploads.resume()
    expect(begun.slice(2).map(({ chosen, url }) => [chosen.path, url])).toEqual([
      ['1', 'u1'],
      ['2', null],
      ['3', null],
    ])
  })
  it('are found again after a reload when the same file is chosen, and only then (tus protocol#139)', () => {
    const { uploads, begun, kept } = setup()
    uploads.add([file('a.mp3', 10, 1), file('b.mp3', 10, 1)])
    begun[0]!.events.created('u1', 'e1')
    begun[1]!.events.created('u2', 'e2')
    uploads.close()
    const again = setup(kept)
    again.uploads.add([file('a.mp3', 10, 1), file('b.mp3', 10, 2)])
    expect(again.begun.map(({ url, episode }) => [url, episode])).toEqual([
      ['u1', 'e1'],
      [null, 'e2'],
    ])
    expect(again.rows().map(({ note }) => note)).toEqual(['resumed', 'changed'])
    again.begun[0]!.events.done()
    expect(openLedger('m', () => kept, () => 5).of('s').map(({ path }) => path)).toEqual(['b.mp3'])
    // Another person at this desk starts anew.
    expect(openLedger('n', () => kept, () => 5).of('s')).toEqual([])
  })
  it('that failed say why, leave their place to others, and are tried again', () => {
    const { uploads, begun, rows, states } = setup()
    uploads.add(['1', '2', '3', '4'].map((path) => file(path)))
    begun[0]!.events.failed('quota_full')
    begun[1]!.events.failed('unreachable')
    expect([states(), rows()[0]!.code]).toEqual([['failed', 'failed', 'sending', 'sending'], 'quota_full'])
    uploads.again()
    expect(states()).toEqual(['failed', 'sending', 'sending', 'sending'])
    begun[2]!.events.done()
    uploads.retry(rows()[0]!.key)
    expect(states()[0]).toBe('sending')
    expect(sumOf(rows())).toMatchObject({ files: 4, done: 1, failed: 0, bytes: 40, sent: 10, busy: true })
  })
  it('wait, when they go on after a pause, for what was just being created: there are no two episodes of one file', async () => {
    const { uploads, begun, slow, states } = setup()
    let answered = () => {}
    slow.stops = new Promise<void>((resolve) => (answered = resolve))
    uploads.add([file('1')])
    uploads.pause()
    uploads.resume()
    expect([begun.length, states()]).toEqual([1, ['waiting']])
    begun[0]!.events.created('u1', 'e1')
    answered()
    await slow.stops
    await new Promise((resolve) => setTimeout(resolve))
    expect(begun.slice(1).map(({ url, episode }) => [url, episode])).toEqual([['u1', 'e1']])
  })
  it('keep a file that replaces one and a new one of the same name apart', () => {
    const { uploads, begun, kept } = setup()
    uploads.add([file('a.mp3')], 'old')
    uploads.add([file('a.mp3')])
    expect(begun.map(({ episode }) => episode)).toEqual(['old', null])
    begun[0]!.events.created('u1', 'old')
    begun[1]!.events.created('u2', 'new')
    uploads.close()
    const again = setup(kept)
    again.uploads.add([file('a.mp3')])
    again.uploads.add([file('a.mp3')], 'old')
    again.uploads.add([file('a.mp3')], 'third')
    expect(again.begun.map(({ url, episode }) => [url, episode])).toEqual([
      ['u2', 'new'],
      ['u1', 'old'],
      [null, 'third'],
    ])
  })
  it('have names of their own after rows were cleared away', () => {
    const { uploads, begun, rows } = setup()
    uploads.add([file('1'), file('2', 10, 1)])
    begun[0]!.events.done()
    uploads.clear()
    uploads.add([file('2', 11, 2)])
    expect(new Set(rows().map(({ key }) => key)).size).toBe(2)
  })
  it('are tried again by themselves when the media node was away, not when there is no room', () => {
    const { uploads, begun, states } = setup()
    uploads.add([file('1'), file('2'), file('3')])
    begun[0]!.events.failed('media_unavailable')
    begun[1]!.events.failed('disk_full')
    begun[2]!.events.failed('file_unreadable')
    uploads.again()
    expect(states()).toEqual(['sending', 'failed', 'failed'])
  })
  it('are not begun twice when a folder is dropped again', () => {
    const { uploads, begun } = setup()
    uploads.add([file('1')])
    uploads.add([file('1')])
    expect(begun).toHaveLength(1)
  })
})

describe('what is said of a file when it is sent', () => {
  const wish = { chosen: file('讲座/Cafe\u0301.mp3'), series: 's', url: null, episode: null }
  it('is its name, its folder, and how it is made into sound', () => {
    expect(metadata({ ...wish, music: false, trim: false })).toEqual({ filename: 'Café.mp3', series: 's', folder: '讲座' })
    expect(metadata({ ...wish, episode: 'e', music: true, trim: true })).toMatchObject({ episode: 'e', music: 'true', trim: 'true' })
  })
  it('stays with the files it was chosen for', () => {
    const { uploads, begun } = setup()
    uploads.add([file('1')], null, { music: true, trim: false })
    uploads.add([file('2')])
    expect(begun.map(({ music, trim }) => [music, trim])).toEqual([
      [true, false],
      [false, false],
    ])
  })
})

describe('an answer to an upload', () => {
  const Made = DetailedError as unknown as new (...parts: unknown[]) => DetailedError
  const answer = (status: number, code: string) => new Made('', null, null, { getStatus: () => status, getBody: () => JSON.stringify({ code }) })
  it.each([
    [507, 'quota_full', false],
    [503, 'disk_full', false],
    [507, 'disk_full', false],
    [413, 'upload_too_large', false],
    [422, 'name_unfit', false],
    [503, 'media_unavailable', true],
    [503, 'busy', true],
    [408, 'upload_broken', true],
    [410, 'pass_expired', false],
    [423, 'upload_locked', true],
    [429, 'too_many_uploads', true],
  ])('%i %s may be another one later: %s', (status, code, passes) => {
    expect([mayPass(answer(status, code)), codeOf(answer(status, code))]).toEqual([passes, code])
  })
})

describe('a dropped folder', () => {
  const leaf = (name: string, fails = false) => ({
    name,
    isFile: true,
    file: (good: (f: File) => void, bad: (e: Error) => void) => (fails ? bad(new Error('NotReadableError')) : good({ name, size: 1, lastModified: 1 } as File)),
  })
  const folder = (name: string, parts: unknown[][], fails = false) => ({
    name,
    isFile: false,
    createReader: () => ({ readEntries: (good: (e: unknown[]) => void, bad: (e: Error) => void) => (fails ? bad(new Error('no')) : good(parts.shift() ?? [])) }),
  })
  it('says what in it cannot be read, and takes the rest', async () => {
    const root = folder('讲座', [[leaf('1.mp3'), leaf('2.mp3', true)], [folder('锁着', [], true), leaf('3.mp3')]])
    const data = { items: [{ kind: 'file', webkitGetAsEntry: () => root }], files: [] } as unknown as DataTransfer
    const { chosen, unreadable } = await fromDrop(data)
    expect([chosen.map(({ path }) => path), unreadable]).toEqual([
      ['讲座/1.mp3', '讲座/3.mp3'],
      ['讲座/2.mp3', '讲座/锁着'],
    ])
  })
})

describe('an episode', () => {
  const one = (change: Partial<ConsoleEpisode>) => ({ state: 'ready', heard_version: 'v', publish_at: null, withdrawn_at: null, ...change }) as ConsoleEpisode
  it('is in the library whatever becomes of a file that replaces what is heard, and can be withdrawn', () => {
    for (const state of ['published', 'failed', 'running', 'queued', 'receiving'] as const) expect(isOut(one({ state, publish_at: 5 }))).toBe(true)
    expect([isOut(one({})), isOut(one({ publish_at: 5, withdrawn_at: 6 }))]).toEqual([false, false])
  })
  it('can be published when there is something to hear', () => {
    expect([one({}), one({ state: 'failed' }), one({ heard_version: null, state: 'failed' }), one({ publish_at: 1 })].map(publishable)).toEqual([true, true, false, false])
  })
})

describe('what is said of a series', () => {
  it('is sent where it was changed, so that nobody else’s change is undone', () => {
    const before = { title: 'a', about: 'b', category: 'c', public: false, credit: 'episode' as const, rule_id: null }
    expect(changed(before, { ...before, about: 'x' })).toEqual({ about: 'x' })
    expect(changed(before, before)).toEqual({})
  })
})

describe('chapters as text', () => {
  it('are read as people write them, and sorted by time (Voice#879)', () => {
    expect(readChapters('0:00 开场\n\n1:02:03 第三章\n[12:30.50] 第二章')).toEqual({
      chapters: [
        { at_ms: 0, title: '开场' },
        { at_ms: 750_000, title: '第二章' },
        { at_ms: 3_723_000, title: '第三章' },
      ],
      line: null,
    })
    expect(readChapters('1：30，中文冒号').chapters).toEqual([{ at_ms: 90_000, title: '中文冒号' }])
  })
  it('say which line cannot be read', () => {
    expect(readChapters('0:00 开场\n第二章').line).toBe(2)
    expect(readChapters('0:75 秒').line).toBe(1)
  })
  it('come back as they were written', () => {
    const text = '0:00 开场\n1:02:03 结尾'
    expect(chapterText(readChapters(text).chapters)).toBe(text)
  })
})

describe('what the media node says of a file', () => {
  it('has its words, each reason of docs/LIBRARY.md and those of the server', () => {
    const text = readFileSync('../docs/LIBRARY.md', 'utf8')
    const rows = text.slice(text.indexOf('| code | when |')).split('\n\n')[0]!.split('\n').slice(2)
    const codes = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`(\w+)`/g)].map(([, code]) => code!))
    expect(codes).toContain('worker_time')
    for (const words of [zh, en]) {
      expect([...codes, 'upload_expired', 'incomplete'].filter((code) => !(code in words.why))).toEqual([])
    }
  })
})
