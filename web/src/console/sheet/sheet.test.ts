import { describe, expect, it } from 'vitest'
import type { AttendanceRow } from '@/console/records/api'
import { byBranch } from './sheet'

const row = (name: string, branch_name: string | null) => ({ name, branch_name }) as AttendanceRow

describe('the signed sheet', () => {
  it('has people branch by branch, as the roll has them', () => {
    const branches = byBranch([row('甲', '一支部'), row('乙', '一支部'), row('丙', '二支部'), row('丁', null)])
    expect(branches.map((branch) => [branch.name, branch.people.map((one) => one.name)])).toEqual([
      ['一支部', ['甲', '乙']],
      ['二支部', ['丙']],
      [null, ['丁']],
    ])
  })
})
