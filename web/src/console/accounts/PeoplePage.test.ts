import { afterEach, describe, expect, it, vi } from 'vitest'
import { loadArea } from '@/i18n'
import { mount, type Mounted } from '@/testing/mount'
import PeoplePage from './PeoplePage.vue'

let page: Mounted
afterEach(() => {
  page.unmount()
  vi.unstubAllGlobals()
})

const person = { id: 'p', name: '末页的人', phone_masked: '138****0001', member_no: null, branch: null, roles: [], first_password: false, disabled_at: null, may_change: true, revision: 0 }

describe('the list of people', () => {
  it('goes to the last page when the one asked for is past the end', async () => {
    vi.stubGlobal('fetch', (request: Request) => {
      const url = new URL(request.url)
      const at = Math.min(2, Number(url.searchParams.get('page')))
      const answer = url.pathname.endsWith('/roster') ? { items: [person], page: at, total: 51, more: false } : []
      return Promise.resolve(new Response(JSON.stringify(answer)))
    })
    await loadArea('console')
    page = await mount(PeoplePage, {}, 'console.accounts', '/console?q=人&page=3')
    await vi.waitFor(() => expect(page.router.currentRoute.value.query).toEqual({ q: '人', page: '2' }))
    expect(page.text()).toContain('末页的人')
    expect(page.text()).toContain('第 2 页')
    page.button('上一页').click()
    await vi.waitFor(() => expect(page.router.currentRoute.value.query).toEqual({ q: '人' }))
  })
})
