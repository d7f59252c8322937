import { nextTick, ref, shallowRef } from 'vue'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { mount, type Mounted } from '@/testing/mount'
import { stageView, type StageInput } from './stage'
import StageCard from './StageCard.vue'

const MIN = 60_000
const camera = { last_media_at: 0, video: {}, audio: {} }
const base: StageInput = {
  phase: 'planned',
  publisher: camera,
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
let page: Mounted

async function card(input: StageInput, act = vi.fn(() => Promise.resolve(true))) {
  const lesson = { planned_start_at: input.planned_start_at, planned_end_at: input.planned_end_at }
  page = await mount(StageCard, { stage: stageView(input), lesson, view: { busy: ref(false), failed: shallowRef(null), act } }, 'studio')
  return act
}
afterEach(() => page.unmount())
const asked = (): string => page.root.querySelector('dialog[open]')?.textContent ?? ''

describe('the one button', () => {
  it('does nothing while no picture arrives, and says why', async () => {
    const act = await card({ ...base, publisher: null })
    const button = page.button('开始上课')
    expect(button.getAttribute('aria-disabled')).toBe('true')
    expect(page.text()).toContain('还没有收到画面')
    button.click()
    expect(act).not.toHaveBeenCalled()
  })

  it('starts at once near the planned time', async () => {
    const act = await card(base)
    page.button('开始上课').click()
    expect(act).toHaveBeenCalledWith('start')
  })

  it('asks before starting hours early, and starts when told so', async () => {
    const act = await card({ ...base, now: 0 })
    page.button('开始上课').click()
    await nextTick()
    expect(asked()).toContain('现在就开始')
    expect(act).not.toHaveBeenCalled()
    page.button('现在开始').click()
    expect(act).toHaveBeenCalledWith('start')
  })

  it('says what a lesson waits for that was started', async () => {
    await card({ ...base, phase: 'live', waiting_for: 'key_frame', now: 100 * MIN })
    expect(page.text()).toContain('正在等编码器的关键帧')
  })

  it('asks once before the end, and “not yet” is not the end', async () => {
    const act = await card({ ...base, phase: 'live', zero_at: 100 * MIN, now: 130 * MIN })
    page.button('下课').click()
    await nextTick()
    expect(asked()).toContain('离计划结束还有 30 分钟')
    page.root.querySelector<HTMLButtonElement>('dialog[open] button')!.click()
    await nextTick()
    expect(asked()).toBe('')
    expect(act).not.toHaveBeenCalled()
    page.button('下课').click()
    page.button('确定下课').click()
    expect(act).toHaveBeenCalledWith('end')
  })
})
