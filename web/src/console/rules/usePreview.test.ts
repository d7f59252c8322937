import { effectScope } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as api from './api'
import type { Preview, PreviewRequest } from './api'
import { usePreview } from './usePreview'

vi.mock('./api')
const asked = {} as PreviewRequest
const at = (id: string, state: Preview['state'], done = 0) => ({ id, state, lessons: Array(done).fill({}), lessons_total: 3 }) as unknown as Preview

beforeEach(() => {
  vi.useFakeTimers()
  vi.mocked(api.forgetPreview).mockReset().mockResolvedValue(undefined as never)
  vi.mocked(api.getPreview).mockReset()
  vi.mocked(api.beginPreview).mockReset().mockResolvedValue(at('a', 'waiting'))
})
afterEach(() => vi.useRealTimers())

describe('a preview', () => {
  it('is looked at until it is over, and forgotten with the page', async () => {
    vi.mocked(api.getPreview).mockResolvedValueOnce(at('a', 'running', 1)).mockResolvedValueOnce(at('a', 'done', 3))
    const scope = effectScope()
    const { preview, working, begin } = scope.run(usePreview)!
    await begin(asked)
    expect(working.value).toBe(true)
    await vi.advanceTimersByTimeAsync(300)
    expect(preview.value?.lessons).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(60_000)
    expect([preview.value?.state, working.value]).toEqual(['done', false])
    expect(api.getPreview).toHaveBeenCalledTimes(2)
    scope.stop()
    expect(api.forgetPreview).toHaveBeenCalledWith('a')
  })

  it('that is cancelled says nothing more, whatever is still on its way', async () => {
    let answer = (_: Preview) => {}
    vi.mocked(api.getPreview).mockReturnValueOnce(new Promise((resolve) => (answer = resolve)))
    const scope = effectScope()
    const { preview, working, begin, stop } = scope.run(usePreview)!
    await begin(asked)
    await vi.advanceTimersByTimeAsync(300)
    stop()
    answer(at('a', 'running', 2))
    await vi.advanceTimersByTimeAsync(5_000)
    expect([preview.value, working.value]).toEqual([null, false])
    expect(api.forgetPreview).toHaveBeenCalledTimes(1)
    expect(api.getPreview).toHaveBeenCalledTimes(1)
    scope.stop()
  })
})
