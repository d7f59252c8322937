import 'fake-indexeddb/auto'
import { afterEach, describe, expect, it } from 'vitest'
import { forgetSlides, keepPlace, keepSlides, keptPlace, keptSlides } from './store'

const slides = (lesson: string) => ({ lesson, name: '调解.pdf', file: new Blob(['%PDF-1.7']) })
afterEach(forgetSlides)

describe('the document on show', () => {
  it('comes back to its lesson, and to no other', async () => {
    await keepSlides(slides('a'))
    expect(await keptSlides('a')).toMatchObject({ lesson: 'a', name: '调解.pdf' })
    expect(await keptSlides('b')).toBeNull()
    await keepSlides(slides('b'))
    expect(await keptSlides('a')).toBeNull()
    await forgetSlides()
    expect(await keptSlides('b')).toBeNull()
  })

  it('comes back at its page and layout', () => {
    keepPlace('a', { page: 7, layout: 'both' })
    expect(keptPlace('a')).toEqual({ page: 7, layout: 'both' })
    expect(keptPlace('b')).toEqual({ page: 1, layout: 'speaker' })
  })

  it('begins anew when what was kept makes no sense', () => {
    localStorage.setItem('yunke.booth.place', '{"lesson":"a","page":-3,"layout":"upside down"}')
    expect(keptPlace('a')).toEqual({ page: 1, layout: 'speaker' })
    localStorage.setItem('yunke.booth.place', 'nonsense')
    expect(keptPlace('a')).toEqual({ page: 1, layout: 'speaker' })
  })
})
