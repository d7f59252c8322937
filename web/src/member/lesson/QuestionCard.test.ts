import { nextTick } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { api } from '@/api/client'
import type { Phase, Question, RoomState } from '@/api/types'
import { mount, type Mounted } from '@/testing/mount'
import QuestionCard from './QuestionCard.vue'
import { draftsOf } from './useQuestions'

vi.mock('@/api/client', () => ({ api: { GET: vi.fn() }, ask: async (call: Promise<{ data: unknown }>) => (await call).data }))

let page: Mounted
const mine = (more: Partial<Question> = {}): Question => ({
  id: 'q',
  text: '兰花多久浇一次？',
  asked_at: 0,
  at_ms: 1,
  answered_at: null,
  ...more,
})

async function card(phase: Phase, own: Question[], room: Partial<RoomState> | null = null) {
  vi.mocked(api.GET).mockResolvedValue({ data: own } as never)
  page = await mount(QuestionCard, { lessonId: 'l', phase, room }, 'member')
  for (let i = 0; i < 8; i += 1) await Promise.resolve()
  await nextTick()
}
beforeEach(() => localStorage.clear())
afterEach(() => page.unmount())
const field = () => page.root.querySelector('textarea')

describe('the questions of a member', () => {
  it('can be asked before and during the lesson', async () => {
    for (const phase of ['planned', 'live'] as const) {
      await card(phase, [])
      expect(field(), phase).not.toBeNull()
      expect(page.button('发给老师').disabled).toBe(true)
      page.unmount()
    }
    await card('live', [mine()], { questions: 3, questions_answered: 1 })
    expect(page.text()).toContain('已收到')
    expect(page.text()).toContain('本课已有 3 个提问，老师回答了 1 个')
  })

  it('stay after the lesson with what became of them, and no field', async () => {
    await card('ended', [mine({ answered_at: 1 }), mine({ id: 'r' })])
    expect(field()).toBeNull()
    expect(page.text()).toMatch(/老师已回答.*课上没有来得及回答/)
  })

  it('are no card where there is nothing to show', async () => {
    await card('ended', [])
    expect(page.text()).toBe('')
    page.unmount()
    await card('cancelled', [mine()])
    expect(page.text()).toBe('')
  })

  it('that were not sent in time are not swallowed', async () => {
    const drafts = draftsOf('l', '')
    drafts.set({ id: 'i', text: '还没发', sending: false })
    await card('ended', [])
    expect(page.text()).toContain('没有送出：“还没发”')
    page.button('知道了').click()
    await nextTick()
    expect([page.text(), drafts.get()]).toEqual(['', null])
  })
})
