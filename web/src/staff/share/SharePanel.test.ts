import { afterEach, describe, expect, it, vi } from 'vitest'
import { mount, type Mounted } from '@/testing/mount'
import SharePanel from './SharePanel.vue'

let page: Mounted
afterEach(() => {
  page.unmount()
  vi.unstubAllGlobals()
})

const lesson = { id: 'l', title: '课', lecturer_name: '讲师', unit_name: '中心', planned_start_at: 0, planned_end_at: 1 }
const answer = (code: string) => new Response(JSON.stringify({ code, url: `http://y/s/${code}`, qr: null, here_only: false }), { headers: { 'Content-Type': 'application/json' } })
const field = () => page.root.querySelector<HTMLInputElement>('input')?.value

describe('the link of a lesson', () => {
  it('is revoked for a new one once an organizer says so twice', async () => {
    const asked: string[] = []
    vi.stubGlobal('fetch', (request: Request) => {
      const { pathname } = new URL(request.url)
      asked.push(pathname)
      return Promise.resolve(answer(pathname.endsWith('/renew') ? 'new' : 'old'))
    })
    page = await mount(SharePanel, { lesson, mayRenew: true }, 'staff.share')
    await vi.waitFor(() => expect(field()).toBe('http://y/s/old'))
    page.button('停用这个链接，换一个新的').click()
    expect(page.root.querySelector('dialog')?.textContent).toContain('发出去的链接、二维码和海报都会失效')
    page.button('停用，换新链接').click()
    await vi.waitFor(() => expect(field()).toBe('http://y/s/new'))
    expect(page.text()).toContain('旧链接已停用')
    expect(asked.filter((path) => path === '/api/studio/lessons/l/share/renew')).toHaveLength(1)
  })

  it('is not for a lecturer to revoke', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(answer('old')))
    page = await mount(SharePanel, { lesson }, 'staff.share')
    await vi.waitFor(() => expect(field()).toBe('http://y/s/old'))
    expect(() => page.button('停用这个链接，换一个新的')).toThrow()
  })
})
