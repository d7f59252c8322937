import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadArea } from '@/i18n'
import { mount, type Mounted } from '@/testing/mount'
import AttendancePage from './AttendancePage.vue'

let page: Mounted
let asked: { method: string; path: string; query: URLSearchParams; body: string }[]
let answer: Record<string, unknown>
beforeEach(async () => {
  asked = []
  answer = {}
  vi.stubGlobal('fetch', async (request: Request) => {
    const url = new URL(request.url)
    asked.push({ method: request.method, path: url.pathname, query: url.searchParams, body: await request.text() })
    return new Response(JSON.stringify(request.method === 'GET' ? body() : row('p')), { headers: { 'Content-Type': 'application/json' } })
  })
  await loadArea('console.accounts')
})
afterEach(() => {
  page.unmount()
  vi.unstubAllGlobals()
})

const row = (id: string, more: Record<string, unknown> = {}) => ({
  member_id: id, name: `学员${id}`, member_no: null, invited: true, attended: false, standing: 'absent', excuse: null, branch_name: '甲支部', first_in_at: null, last_out_at: null, visits: 0, counted_ms: 0,
  coverage_bp: 0, credit: 'none', hours_milli: 0, reason: 'absent', ...more,
})
const body = () => ({ rows: [row('a')], page: 1, total: 1, invited: 5, attended: 2, pending: 0, absent: 2, excused: 1, rate_bp: 5000, pending_until: null, credits: null, more: false, ...answer })
const lesson = { id: 'l', phase: 'ended', planned_start_at: 0, zero_at: 0, rule: { full_percent: 80, half_percent: 50 } }
const open = async (at = '/console') => {
  page = await mount(AttendancePage, { lesson }, 'console', at)
  await vi.waitFor(() => expect(page.text()).toContain('甲支部'))
}

describe('the attendance of a lesson', () => {
  it('counts who came, who did not and who is excused, and gives the rate', async () => {
    await open()
    expect(page.text()).toContain('应到 5 人 · 参学率 50.0%')
    for (const name of ['全部5', '参加2', '未参加2', '请假1']) page.button(name)
    expect(page.text()).not.toContain('待定')
  })

  it('calls nobody absent as long as the replay can make up for it', async () => {
    answer = { rows: [row('a', { standing: 'pending', reason: 'pending' })], pending: 2, absent: 0, pending_until: 1_800_000_000_000 }
    await open()
    page.button('待定2')
    expect(page.text()).toContain('在这之前没来的算“待定”')
    expect(page.root.querySelector('tbody')?.textContent).toContain('待定')
    expect(page.root.querySelector('tbody')?.textContent).not.toContain('未参加')
    expect(() => page.button('未参加0')).toThrow()
  })

  it('filters by credit, says how many have which, and filters no more at a second tap', async () => {
    await open()
    answer = { credits: { full: 1, half: 0, none: 1, at: 0 } }
    page.button('未获学时').click()
    await vi.waitFor(() => page.button('未获学时1'))
    expect(asked.at(-1)?.query.get('credit')).toBe('none')
    page.button('未获学时1').click()
    await vi.waitFor(() => expect(page.router.currentRoute.value.query).toEqual({}))
  })

  it('goes to the last page when the one asked for is past the end', async () => {
    answer = { page: 2, total: 51 }
    await open('/console?part=absent&page=9')
    await vi.waitFor(() => expect(page.router.currentRoute.value.query).toEqual({ part: 'absent', page: '2' }))
    page.button('上一页').click()
    await vi.waitFor(() => expect(page.router.currentRoute.value.query).toEqual({ part: 'absent' }))
  })

  it('excuses a member with a reason', async () => {
    await open()
    page.button('记为请假').click()
    await vi.waitFor(() => expect(page.text()).toContain('学员a 请假'))
    const field = page.root.querySelector<HTMLInputElement>('dialog input')!
    field.value = ' 出差 '
    field.dispatchEvent(new Event('input'))
    page.root.querySelector<HTMLButtonElement>('dialog .primary')!.click()
    await vi.waitFor(() => expect(asked.filter((a) => a.method === 'PUT')).toHaveLength(1))
    expect(asked.find((a) => a.method === 'PUT')).toMatchObject({ path: '/api/console/lessons/l/attendance/a/excuse', body: '{"reason":"出差"}' })
    await vi.waitFor(() => expect(asked.at(-1)?.method).toBe('GET'))
  })

  it('takes an excuse back', async () => {
    answer = { rows: [row('a', { standing: 'excused', excuse: '出差', reason: 'excused' })] }
    await open()
    expect(page.root.querySelector('tbody')?.textContent).toContain('请假')
    expect(page.root.querySelector('tbody')?.textContent).toContain('出差')
    page.button('修改').click()
    await vi.waitFor(() => page.button('撤销请假'))
    page.button('撤销请假').click()
    await vi.waitFor(() => expect(asked.some((a) => a.method === 'DELETE')).toBe(true))
  })
})
