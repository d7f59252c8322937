import { beforeAll, describe, expect, it } from 'vitest'
import { loadArea, setLocale } from '@/i18n'
import type { Line } from './api'
import { asTable, firstKind, reasonText, refusalText, written } from './lines'

const counts = { add: 0, change: 0, move: 0, return: 0, leave: 0, same: 0, bad: 0 }
const bad: Line = {
  kind: 'bad',
  row: 7,
  hidden: false,
  person_id: null,
  name: '王芳',
  member_no: null,
  branch: null,
  changes: [],
  reasons: [
    { code: 'digits_lost', field: 'phone', text: null },
    { code: 'number_twice', field: null, text: '9' },
  ],
  cells: ['王芳', '一\t支\n部'],
}

beforeAll(async () => {
  await loadArea('console.roster')
  await setLocale('zh-CN')
})

describe('lines of an import', () => {
  it('begin with what is wrong', () => {
    expect(firstKind({ ...counts, bad: 1, add: 5 })).toBe('bad')
    expect(firstKind({ ...counts, move: 5 })).toBe('move')
    expect(firstKind(counts)).toBe('same')
  })
  it('are written but for who might leave, who stays and what is wrong', () => {
    expect(written({ add: 1, change: 2, move: 4, return: 8, leave: 16, same: 32, bad: 64 })).toBe(15)
  })
  it('say what is wrong with a row and with a file', () => {
    expect(bad.reasons.map(reasonText)).toEqual(['手机是数字格式，后几位已经被表格软件丢掉，请改成文本后重新填写', '成员编号和第 9 行相同'])
    expect(refusalText({ code: 'encoding_damaged', row: 250, limit: null })).toContain('第 250 行')
    expect(refusalText({ code: 'unheard_of', row: null, limit: null })).toContain('文件损坏')
  })
  it('are copied as rows of a spreadsheet', () => {
    const [row, why, ...cells] = asTable([bad]).split('\t')
    expect([row, cells]).toEqual(['7', ['王芳', '一 支 部']])
    expect(why).toContain('；')
  })
})
