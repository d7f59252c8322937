import { nextTick } from 'vue'
import { afterEach, describe, expect, it } from 'vitest'
import { mount, type Mounted } from '@/testing/mount'
import type { EvidenceInterval } from './api'
import { runs } from './evidence'
import EvidenceDrawing from './EvidenceDrawing.vue'

const MIN = 60_000
const interval = (from: number, to: number, more: Partial<EvidenceInterval> = {}): EvidenceInterval => ({
  lease: 'lease-a1b2',
  device: 'phone',
  source: 'live',
  mode: 'video',
  verdict: 'accepted',
  reasons: [],
  claimed: { from_ms: from, to_ms: to },
  pieces: [{ from_ms: from, to_ms: to }],
  uncorroborated: [],
  received_at: 0,
  ...more,
})
let page: Mounted
afterEach(() => page.unmount())

describe('the drawing of the evidence', () => {
  it('gives every kind its own mark and says what a piece is when it is pointed at', async () => {
    const all = runs([
      interval(0, 10 * MIN),
      interval(20 * MIN, 30 * MIN, { verdict: 'clamped', reasons: ['too_fast'], pieces: [{ from_ms: 28 * MIN, to_ms: 30 * MIN }] }),
      interval(31 * MIN, 35 * MIN, { reasons: ['uncorroborated'], uncorroborated: [{ from_ms: 31 * MIN, to_ms: 35 * MIN }] }),
      interval(40 * MIN, 50 * MIN, { lease: 'lease-c3d4', device: 'desktop', verdict: 'refused', reasons: ['other_lesson', 'brand_new'], pieces: [] }),
    ])
    page = await mount(EvidenceDrawing, { runs: all, counted: [], lessonMs: 60 * MIN, gaps: [{ from_ms: 12 * MIN, to_ms: 14 * MIN }], name: '李敏' }, 'console')
    const marks = [...page.root.querySelectorAll('figure > svg rect.bar')].map((r) => r.getAttribute('class')?.split(' ')[1])
    expect(marks).toEqual(['accepted', 'cut', 'accepted', 'unseen', 'refused'])
    expect(page.root.querySelectorAll('figure > svg rect.gap')).toHaveLength(1)
    expect(page.text()).toContain('手机 · 凭证 a1b2')
    page.root.querySelector('rect.bar.unseen')!.dispatchEvent(new Event('click'))
    await nextTick()
    expect(page.root.querySelector('.said')?.textContent).toContain('没有送达记录')
    page.root.querySelector('rect.bar.refused')!.dispatchEvent(new Event('click'))
    await nextTick()
    const said = page.root.querySelector('.said')?.textContent
    expect(said).toContain('40:00–50:00')
    expect(said).toContain('同一时间正在学习另一节课；brand_new')
  })
})
