import { afterEach, describe, expect, it, vi } from 'vitest'
import { address, api, ask } from './client'
import { Problem } from './problem'

const answers = (response: Response) => {
  const fetched = vi.fn((_request: Request) => Promise.resolve(response))
  vi.stubGlobal('fetch', fetched)
  return fetched
}

afterEach(() => void vi.unstubAllGlobals())

describe('the typed client', () => {
  it('fills in addresses', () => {
    expect(address('/api/lessons/{id}/captions/{language}', { path: { id: 'a/b', language: 'zh' } })).toBe('/api/lessons/a%2Fb/captions/zh')
    expect(address('/api/x', { query: { page: 2, q: '张 三', none: undefined, nothing: null, list: ['a', 'b'], no: false } })).toBe(
      '/api/x?page=2&q=%E5%BC%A0+%E4%B8%89&list=a&list=b&no=false',
    )
    expect(address('/api/x', { query: {} })).toBe('/api/x')
  })

  it('sends JSON with our cookie and gives what is answered', async () => {
    const fetched = answers(new Response('{"id":"1"}', { headers: { 'Content-Type': 'application/json' } }))
    const lesson = await ask(api.GET('/api/lessons/{id}', { params: { path: { id: '1' } } }))
    expect(lesson.id).toBe('1')
    const [asked] = fetched.mock.calls[0]!
    expect([asked.method, asked.credentials, new URL(asked.url).pathname, asked.headers.get('Content-Type')]).toEqual([
      'GET',
      'same-origin',
      '/api/lessons/1',
      null,
    ])
    const posted = answers(new Response(null, { status: 204 }))
    expect(await ask(api.POST('/api/session', { body: { phone: '1', password: '2' } }))).toBeUndefined()
    const [sent] = posted.mock.calls[0]!
    expect([sent.method, sent.headers.get('Content-Type'), await sent.json()]).toEqual([
      'POST',
      'application/json',
      { phone: '1', password: '2' },
    ])
  })

  it('throws what went wrong', async () => {
    answers(new Response('{"code":"not_found"}', { status: 404 }))
    const wrong: unknown = await ask(api.GET('/api/home')).catch((problem: unknown) => problem)
    expect(wrong).toBeInstanceOf(Problem)
    expect((wrong as Problem).code).toBe('not_found')
  })
})
