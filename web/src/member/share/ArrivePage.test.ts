import { afterEach, describe, expect, it, vi } from 'vitest'
import { mount, type Mounted } from '@/testing/mount'
import ArrivePage from './ArrivePage.vue'

let page: Mounted
afterEach(() => {
  page.unmount()
  vi.unstubAllGlobals()
})

const told = async (status: number, code: string) => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify({ status, code, detail: 'x' }), { status, headers: { 'Content-Type': 'application/problem+json' } })))
  page = await mount(ArrivePage, { code: 'abcdefghjk' }, 'member')
}

describe('a short link', () => {
  it('that was revoked says so, and whom to ask', async () => {
    await told(410, 'link_revoked')
    await vi.waitFor(() => expect(page.text()).toContain('这个链接已经停用'))
    expect(page.text()).toContain('请向发给您链接的人再要一次')
  })

  it('that there never was may be mistyped', async () => {
    await told(404, 'not_found')
    await vi.waitFor(() => expect(page.text()).toContain('没有找到这节课'))
  })
})
