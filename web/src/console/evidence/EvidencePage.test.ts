import { afterEach, describe, expect, it, vi } from 'vitest'
import { mount, type Mounted } from '@/testing/mount'
import EvidencePage from './EvidencePage.vue'

let page: Mounted
afterEach(() => {
  page.unmount()
  vi.unstubAllGlobals()
})

const row = { member_id: 'm', name: '李敏', member_no: null, invited: true, attended: true, standing: 'attended', excuse: null, branch_name: '甲支部', first_in_at: 0, last_out_at: 0, visits: 1, counted_ms: 1, coverage_bp: 1, credit: 'none', hours_milli: 0, reason: 'below_half' }
const beat = (from_ms: number) => ({ lease: 'l', device: 'phone', source: 'live', mode: 'audio', verdict: 'accepted', reasons: [], claimed: { from_ms, to_ms: from_ms + 1_000 }, pieces: [{ from_ms, to_ms: from_ms + 1_000 }], uncorroborated: [], received_at: 0 })

describe('one member’s evidence', () => {
  it('says that it is a part of it, and pages on', async () => {
    vi.stubGlobal('fetch', (request: Request) => {
      const at = Math.min(2, Number(new URL(request.url).searchParams.get('page') ?? 1))
      const intervals = Array.from({ length: at === 1 ? 5_000 : 1 }, (_, n) => beat(n * 1_000))
      return Promise.resolve(new Response(JSON.stringify({ row, uncorroborated_ms: 0, lesson_ms: 60_000, gaps: [], counted: [], intervals, intervals_total: 5_001, page: at, intervals_more: at === 1 }), { headers: { 'Content-Type': 'application/json' } }))
    })
    const lesson = { id: 'l', phase: 'ended', rule: { full_percent: 80, half_percent: 50 } }
    page = await mount(EvidencePage, { lesson }, 'console', '/console-evidence/l/m')
    await vi.waitFor(() => expect(page.text()).toContain('共 5,001 条上报，这里是第 1–5,000 条'))
    page.button('下一页').click()
    await vi.waitFor(() => expect(page.text()).toContain('这里是第 5,001–5,001 条'))
    await page.router.push('/console-evidence/l/m?page=7')
    await vi.waitFor(() => expect(page.router.currentRoute.value.query).toEqual({ page: '2' }))
  })
})
