import { describe, expect, it } from 'vitest'
import { firstLine } from './text'

const item = (text: string, x: number, y: number, height = 20) => ({ text, x, y, height })

describe('the first line of a page', () => {
  it('is the topmost, in reading order, whatever the order of the file', () => {
    expect(firstLine([item('正文', 50, 300), item('调解', 120, 501), item('邻里', 50, 500), item(' ', 10, 700)])).toBe('邻里调解')
    expect(firstLine([item('Mediation', 160, 500), item('Neighbourly', 50, 500)])).toBe('Neighbourly Mediation')
  })

  it('is nothing for a picture, and never long', () => {
    expect(firstLine([])).toBe('')
    expect(firstLine([item('   ', 1, 1)])).toBe('')
    expect([...firstLine([item('长'.repeat(200), 1, 1)])]).toHaveLength(60)
  })
})
