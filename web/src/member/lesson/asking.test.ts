import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '@/api/problem'
import type { Question } from '@/api/types'
import { Asking, chars, type Draft } from './asking'
import { draftsOf, newId } from './useQuestions'

const lost = new Problem(0, 'unreachable')
let kept: Draft | null
let asked: Map<string, string>
let answer: () => Problem | null
let tried: number

function page() {
  const sent: Question[] = []
  let ids = tried * 100
  const asking = new Asking({
    drafts: { get: () => kept, set: (draft) => (kept = draft) },
    newId: () => `id-${++ids}`,
    random: () => 0.5,
    send: (id, text) => {
      tried += 1
      const problem = answer()
      // The server has it although its answer may be lost.
      if (!problem || problem.code === 'unreachable') asked.set(id, asked.get(id) ?? text)
      return problem ? Promise.reject(problem) : Promise.resolve({ id, text: asked.get(id)!, asked_at: 1, at_ms: null, answered_at: null })
    },
    events: { changed: () => undefined, sent: (question) => sent.push(question) },
  })
  return { asking, sent }
}

beforeEach(() => {
  vi.useFakeTimers()
  ;[kept, asked, answer, tried] = [null, new Map(), () => null, 0]
})
afterEach(() => void vi.useRealTimers())
const settle = () => vi.advanceTimersByTimeAsync(0)

describe('a question', () => {
  it('is kept while it is written, sent in one line, and forgotten when it arrived', async () => {
    const { asking, sent } = page()
    asking.write(' 一盆兰花\n 多久浇一次？ ')
    expect(kept?.text).toContain('兰花')
    asking.send()
    expect(asking.stage).toBe('sending')
    await settle()
    expect(sent.map((question) => question.text)).toEqual(['一盆兰花 多久浇一次？'])
    expect([kept, asking.text, asking.stage]).toEqual([null, '', 'writing'])
  })

  it('goes on by itself when the network is back, and is asked once', async () => {
    answer = () => lost
    const { asking, sent } = page()
    asking.write('听得见吗')
    asking.send()
    await settle()
    expect([asking.stage, asking.text]).toEqual(['waiting', '听得见吗'])
    answer = () => null
    asking.hurry()
    await settle()
    expect([sent.length, asked.size, tried]).toEqual([1, 1, 2])
  })

  it('goes on after a reload under the same id', async () => {
    answer = () => lost
    const before = page()
    before.asking.write('听得见吗')
    before.asking.send()
    await settle()
    before.asking.close()
    answer = () => null
    const after = page()
    after.asking.resume()
    await settle()
    expect([after.sent.length, asked.size, kept]).toEqual([1, 1, null])
  })

  it('that was only written waits for the button after a reload', async () => {
    page().asking.write('还没写完')
    const { asking } = page()
    asking.resume()
    await settle()
    expect([asking.text, asking.stage, tried]).toEqual(['还没写完', 'writing', 0])
  })

  it('asked too soon goes by itself when its time has come', async () => {
    answer = () => (tried === 1 ? new Problem(429, 'question_too_soon', {}, 9) : null)
    const { asking, sent } = page()
    asking.write('又一个')
    asking.send()
    await vi.advanceTimersByTimeAsync(8_900)
    expect([asking.stage, tried]).toEqual(['waiting', 1])
    await vi.advanceTimersByTimeAsync(200)
    expect(sent).toHaveLength(1)
  })

  it('that is refused stays as it was typed, to be changed and sent again', async () => {
    answer = () => new Problem(409, 'too_many_open_questions')
    const { asking } = page()
    asking.write('第四个')
    asking.send()
    await settle()
    expect([asking.stage, asking.text, asking.problem?.code, kept?.sending]).toEqual([
      'writing',
      '第四个',
      'too_many_open_questions',
      false,
    ])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(tried).toBe(1)
  })

  it('changed while it waits is another question', async () => {
    answer = () => lost
    const { asking } = page()
    asking.write('旧的')
    asking.send()
    await settle()
    asking.edit()
    answer = () => null
    asking.write('新的')
    asking.send()
    await settle()
    expect([...asked.values()]).toEqual(['旧的', '新的'])
  })

  it('is counted as the server counts, and not sent when it is too long', () => {
    expect([chars('👩‍🏫'), chars(' 一\n\n二 ')]).toEqual([3, 3])
    const { asking } = page()
    asking.write('问'.repeat(201))
    asking.send()
    expect(tried).toBe(0)
  })
})

describe('what a device keeps', () => {
  it('is each person’s own, and rubbish is nothing', () => {
    const [a, b] = [draftsOf('l', 'a'), draftsOf('l', 'b')]
    a.set({ id: 'i', text: '问', sending: true })
    expect([a.get()?.text, b.get()]).toEqual(['问', null])
    localStorage.setItem('yunke.ask.b.l', '{"text":1')
    expect(b.get()).toBeNull()
    a.set(null)
    expect(a.get()).toBeNull()
  })

  it('has ids that are UUIDs', () => {
    expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(newId()).not.toBe(newId())
  })
})
