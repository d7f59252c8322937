/** The questions stand beside the slides: their buttons must not take the keys of a presenter. */
import { effectScope, nextTick } from 'vue'
import { expect, it, vi } from 'vitest'
import type { Discussion } from '@/api/types'
import * as server from '@/staff/discussion/api'
import QuestionsCard from '@/staff/discussion/QuestionsCard.vue'
import { useDiscussion } from '@/staff/discussion/useDiscussion'
import { mount } from '@/testing/mount'
import { commandOf } from './shortcuts'

vi.mock('@/staff/discussion/api', () => ({ getDiscussion: vi.fn(), settleQuestion: vi.fn() }))

const asked: Discussion = {
  revision: 1,
  questions: [
    {
      id: 'a',
      member_id: 'm',
      member_name: '王秀英',
      text: '问 a',
      asked_at: 0,
      at_ms: 65_000,
      state: 'open',
      decided_at: null,
      decided_by: null,
    },
  ],
  notes: [],
}

it('leaves the keys to the slides', async () => {
  vi.mocked(server.getDiscussion).mockResolvedValue(asked)
  const scope = effectScope()
  const discussion = scope.run(() => useDiscussion('l', () => null))!
  await vi.waitFor(() => expect(discussion.open.value).toHaveLength(1))
  const page = await mount(QuestionsCard, { discussion }, 'staff.discussion')
  await nextTick()
  const press = (key: string, target: Element) =>
    commandOf(
      { key, target, ctrlKey: false, altKey: false, metaKey: false, isComposing: false, defaultPrevented: false, repeat: false },
      true,
    )
  const button = page.button('已回答')
  expect([press('PageDown', button), press('ArrowRight', button), press('b', button)]).toEqual(['next', 'next', 'cover'])
  expect(server.settleQuestion).not.toHaveBeenCalled()
  page.unmount()
  scope.stop()
})
