import { beforeAll, describe, expect, it } from 'vitest'
import { loadArea } from '@/i18n'
import { failureWords } from './labels'

describe('why work on a recording failed', () => {
  beforeAll(() => loadArea('studio.recording'))

  it('has words for what the media service says', () => {
    expect(failureWords('recording_damaged')).not.toContain('recording_damaged')
    expect(failureWords('recording_damaged')).not.toBe(failureWords('too_long'))
  })
  it('names what is new to this page', () => {
    expect(failureWords('made_up')).toContain('made_up')
  })
})
