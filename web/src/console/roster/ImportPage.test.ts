import { afterEach, describe, expect, it, vi } from 'vitest'
import { loadArea } from '@/i18n'
import { mount, type Mounted } from '@/testing/mount'
import ImportPage from './ImportPage.vue'

let page: Mounted
afterEach(() => {
  page.unmount()
  vi.unstubAllGlobals()
})

const counts = { add: 212, change: 14, move: 3, return: 0, leave: 1, same: 5, bad: 2 }
const summary = {
  refusal: null,
  header_row: 1,
  headings: ['姓名'],
  fields: ['name'],
  samples: [['王芳']],
  encoding: null,
  sheets: ['名册'],
  sheet: '名册',
  rows: 237,
  notes: { hidden_rows: 1, formulas: 0, columns_left_out: false },
  counts,
  changed: false,
  left: 0,
}
const view = { id: 'i', file_name: '名册.xlsx', file_bytes: 1, created_at: 0, state: 'previewed', progress: null, options: {}, summary, fingerprint: 'f', applied_at: null, undone_at: null, until: 4e12 }
const line = { kind: 'leave', row: null, hidden: false, person_id: 'p1', name: '旧人', member_no: null, branch: '一支部', changes: [], reasons: [], cells: [] }

/** Answers by the end of the address; keeps what was sent. */
function server(first: object): { sent: { path: string; body: unknown }[]; view: object } {
  const state = { sent: [] as { path: string; body: unknown }[], view: first }
  vi.stubGlobal('fetch', async (request: Request) => {
    const { pathname } = new URL(request.url)
    if (request.method === 'POST') {
      state.sent.push({ path: pathname, body: await request.json() })
      state.view = { ...view, state: 'applied', applied_at: 1, summary: { ...summary, left: 1 } }
    }
    const answer = pathname.endsWith('/lines') ? { items: [line], page: 1, total: 1, more: false } : state.view
    return new Response(JSON.stringify(answer))
  })
  return state
}

async function open(): Promise<void> {
  await loadArea('console')
  await loadArea('console.accounts')
  page = await mount(ImportPage, {}, 'console.roster', '/console/i')
}

describe('an import', () => {
  it('says its numbers, lets nobody leave unasked, and confirms what was shown', async () => {
    const { sent } = server(view)
    await open()
    await vi.waitFor(() => expect(page.text()).toContain('新增 212、变更 14、调动 3、回来 0、离开 0'))
    expect(page.text()).toContain('1 个隐藏行')
    page.root.querySelector<HTMLButtonElement>('[data-kind="leave"]')!.click()
    await vi.waitFor(() => expect(page.text()).toContain('旧人'))
    page.root.querySelector<HTMLInputElement>('tbody input[type="checkbox"]')!.click()
    await vi.waitFor(() => expect(page.text()).toContain('离开 1'))
    page.root.querySelector<HTMLButtonElement>('[data-confirm]')!.click()
    page.root.querySelector<HTMLButtonElement>('dialog .btn.primary')!.click()
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    expect(sent[0]).toEqual({ path: '/api/console/roster/imports/i/apply', body: { fingerprint: 'f', leavers: ['p1'], all_leavers: false } })
    await vi.waitFor(() => expect(page.text()).toContain('已导入'))
  })
  it('asks what the columns mean where no name was found', async () => {
    server({ ...view, summary: { ...summary, fields: [null] } })
    await open()
    await vi.waitFor(() => expect(page.text()).toContain('没有认出“姓名”列'))
    expect(page.root.querySelector('[data-confirm]')).toBeNull()
  })
  it('says why a file is not taken, and what to do', async () => {
    server({ ...view, state: 'refused', fingerprint: null, summary: { ...summary, refusal: { code: 'file_web_page', row: null, limit: null } } })
    await open()
    await vi.waitFor(() => expect(page.text()).toContain('另存为 .xlsx'))
  })
})
