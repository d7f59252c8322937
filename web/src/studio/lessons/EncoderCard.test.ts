import { nextTick } from 'vue'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { mount, type Mounted } from '@/testing/mount'
import EncoderCard from './EncoderCard.vue'

const doors = {
  rtmp_server: 'rtmp://a.cn/live',
  whip_url: 'https://a.cn/whip',
  srt_url: 'srt://a.cn:8890' as string | null,
  srt_passphrase: null,
}
let page: Mounted
let asked: string[]

async function card(props: object = {}): Promise<void> {
  asked = []
  vi.stubGlobal('fetch', (request: Request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname}`)
    const made = { ...doors, key: 'k3yk3y', phone: { size: 21, path: 'M0 0h7v1h-7z' } }
    return Promise.resolve(request.method === 'DELETE' ? new Response(null, { status: 204 }) : new Response(JSON.stringify(made)))
  })
  page = await mount(EncoderCard, { lessonId: 'l', doors, keySet: false, live: false, ...props }, 'studio')
}
afterEach(() => {
  page.unmount()
  vi.unstubAllGlobals()
})
const values = (): string[] => [...page.root.querySelectorAll('input')].map((input) => input.value)
const tab = (name: string): HTMLElement => [...page.root.querySelectorAll<HTMLElement>('[role=tab]')].find((el) => el.textContent === name)!
const settled = (done: () => void) => vi.waitFor(done)

describe('encoder settings', () => {
  it('show what to paste once the key is made, and a code for phones', async () => {
    await card()
    expect(values()).toEqual(['rtmp://a.cn/live'])
    page.button('生成密钥').click()
    await settled(() => expect(values()).toEqual(['rtmp://a.cn/live', 'k3yk3y']))
    expect(page.root.querySelector('path')?.getAttribute('d')).toBe('M0 0h7v1h-7z')
    tab('SRT').click()
    await nextTick()
    expect(values()).toEqual(['srt://a.cn:8890?streamid=k3yk3y&latency=200000', 'k3yk3y'])
    tab('WHIP').click()
    await nextTick()
    expect(values()).toEqual(['https://a.cn/whip', 'k3yk3y'])
    expect(page.root.querySelector('path')).toBeNull()
  })

  it('have no SRT where it is off', async () => {
    await card({ doors: { ...doors, srt_url: null } })
    expect(tab('SRT')).toBeUndefined()
  })

  it('revoke the key after asking once, and forget it', async () => {
    await card()
    page.button('生成密钥').click()
    await settled(() => expect(values()).toContain('k3yk3y'))
    page.button('停用密钥').click()
    await nextTick()
    expect(page.root.querySelector('dialog[open]')?.textContent).toContain('立即失效')
    expect(asked).toEqual(['POST /api/studio/lessons/l/key'])
    page.button('停用').click()
    await settled(() => expect(values()).toEqual(['rtmp://a.cn/live']))
    expect(asked).toEqual(['POST /api/studio/lessons/l/key', 'DELETE /api/studio/lessons/l/key'])
  })
})
