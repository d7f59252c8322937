import { effectScope, nextTick, ref, type EffectScope } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '@/api/problem'
import type { MemberQuestion, PrivateNote, Discussion } from '@/api/types'
import { mount, type Mounted } from '@/testing/mount'
import * as server from './api'
import NoteBanner from './NoteBanner.vue'
import NoteCard from './NoteCard.vue'
import QuestionsCard from './QuestionsCard.vue'
import { useDiscussion, type DiscussionHandle } from './useDiscussion'

vi.mock('./api', () => ({ NOTE_CHARS: 500, getDiscussion: vi.fn(), settleQuestion: vi.fn(), readNote: vi.fn(), writeNote: vi.fn() }))

const question = (id: string, more: Partial<MemberQuestion> = {}): MemberQuestion => ({
  id,
  member_id: 'm',
  member_name: '王秀英',
  text: `问 ${id}`,
  asked_at: 0,
  at_ms: 65_000,
  state: 'open',
  decided_at: null,
  decided_by: null,
  ...more,
})
const note = (id: string, more: Partial<PrivateNote> = {}): PrivateNote => ({
  id,
  text: `条 ${id}`,
  writer_name: '李华',
  written_at: 0,
  read_at: null,
  read_by: null,
  ...more,
})
const discussion = (revision: number, questions: MemberQuestion[] = [], notes: PrivateNote[] = []): Discussion => ({
  revision,
  questions,
  notes,
})

let scope: EffectScope
let page: Mounted | null = null
const revision = ref<number | null>(null)
const settled = async () => {
  for (let i = 0; i < 8; i += 1) await Promise.resolve()
  await nextTick()
}

async function open(answer: Discussion): Promise<DiscussionHandle> {
  vi.mocked(server.getDiscussion).mockResolvedValue(answer)
  const handle = scope.run(() => useDiscussion('l', () => revision.value))!
  await settled()
  return handle
}

beforeEach(() => {
  vi.clearAllMocks()
  revision.value = null
  scope = effectScope()
})
afterEach(() => {
  scope.stop()
  page?.unmount()
  page = null
})

describe('the discussion', () => {
  it('is asked for again when the room tells a newer revision, once for many', async () => {
    const handle = await open(discussion(1))
    let done: (answer: Discussion) => void = () => undefined
    vi.mocked(server.getDiscussion).mockImplementation(() => new Promise((resolve) => (done = resolve)))
    for (const told of [2, 3, 4]) {
      revision.value = told
      await settled()
    }
    expect(server.getDiscussion).toHaveBeenCalledTimes(2)
    done(discussion(2))
    await settled()
    // It was from before the last change: once more.
    expect(server.getDiscussion).toHaveBeenCalledTimes(3)
    done(discussion(4, [question('a')]))
    await settled()
    expect(server.getDiscussion).toHaveBeenCalledTimes(3)
    expect(handle.open.value).toHaveLength(1)
  })

  it('takes nothing that is older than what is shown', async () => {
    const handle = await open(discussion(1, [question('a')]))
    vi.mocked(server.settleQuestion).mockResolvedValue(
      discussion(5, [question('a', { state: 'answered', decided_at: 1, decided_by: '陈老师' })]),
    )
    await handle.settle(question('a'), 'answered')
    vi.mocked(server.getDiscussion).mockResolvedValue(discussion(1, [question('a')]))
    await handle.resource.reload()
    expect([handle.open.value.length, handle.settled.value.length]).toEqual([0, 1])
  })
})

describe('the questions', () => {
  it('stand with their names, the oldest first, and are settled and taken back with a press', async () => {
    const handle = await open(discussion(1, [question('a'), question('b', { at_ms: null })]))
    page = await mount(QuestionsCard, { discussion: handle }, 'staff.discussion')
    expect(page.text()).toContain('2 个等待回答')
    expect(page.text()).toMatch(/问 a.*1:05.*问 b.*开课前/)
    vi.mocked(server.settleQuestion).mockResolvedValue(
      discussion(2, [question('b'), question('a', { state: 'hidden', decided_at: 1, decided_by: '陈老师' })]),
    )
    page.button('隐藏').click()
    await settled()
    expect(server.settleQuestion).toHaveBeenCalledWith('l', 'a', 'hidden')
    expect(page.text()).toContain('已隐藏：“问 a”')
    expect(page.text()).toContain('陈老师 隐藏')
    vi.mocked(server.settleQuestion).mockResolvedValue(discussion(3, [question('a'), question('b')]))
    page.button('撤销').click()
    await settled()
    expect(server.settleQuestion).toHaveBeenLastCalledWith('l', 'a', 'open')
    expect(page.text()).toContain('2 个等待回答')
    expect(page.text()).not.toContain('撤销')
  })

  it('stay, with the reason, when the server does not take it', async () => {
    page = await mount(QuestionsCard, { discussion: await open(discussion(1, [question('a')])) }, 'staff.discussion')
    vi.mocked(server.settleQuestion).mockRejectedValue(new Problem(503, 'busy'))
    page.button('已回答').click()
    await settled()
    expect(page.text()).toContain('没有保存 · 服务器正忙')
    expect(page.text()).toContain('问 a')
  })

  it('say so when there are none', async () => {
    page = await mount(QuestionsCard, { discussion: await open(discussion(0)) }, 'staff.discussion')
    expect(page.text()).toContain('还没有提问')
  })
})

describe('a private note', () => {
  it('stands in the booth until it is read, whoever wrote it', async () => {
    const handle = await open(discussion(1, [], [note('b', { writer_name: '陈老师' }), note('a')]))
    page = await mount(NoteBanner, { discussion: handle }, 'staff.discussion')
    expect(page.text()).toContain('李华 的便条')
    expect(page.text()).toContain('陈老师 的便条')
    vi.mocked(server.readNote).mockResolvedValue(
      discussion(2, [], [note('b', { read_at: 1, read_by: '陈老师' }), note('a', { read_at: 1, read_by: '陈老师' })]),
    )
    page.button('知道了').click()
    await settled()
    expect(server.readNote).toHaveBeenCalledWith('l', 'a')
    expect(page.root.querySelector('[data-note]')).toBeNull()
  })

  it('keeps its text until the server has it, and shows who read it', async () => {
    const handle = await open(discussion(1, [], [note('a', { read_at: 0, read_by: '陈老师' })]))
    page = await mount(NoteCard, { discussion: handle, open: true }, 'staff.discussion')
    expect(page.text()).toContain('陈老师 已读')
    const field = page.root.querySelector('textarea')!
    field.value = '还有五分钟'
    field.dispatchEvent(new Event('input'))
    await nextTick()
    vi.mocked(server.writeNote).mockRejectedValueOnce(new Problem(0, 'unreachable'))
    page.button('发给讲师').click()
    await settled()
    expect(page.text()).toContain('没有发出')
    expect(field.value).toBe('还有五分钟')
    vi.mocked(server.writeNote).mockResolvedValue(discussion(2, [], [note('c', { text: '还有五分钟' })]))
    page.button('发给讲师').click()
    await settled()
    expect(server.writeNote).toHaveBeenCalledWith('l', '还有五分钟')
    expect([field.value, page.text().includes('未读')]).toEqual(['', true])
  })
})
