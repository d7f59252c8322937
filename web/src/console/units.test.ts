import { describe, expect, it } from 'vitest'
import { topmost, unitPath, unitTree, type UnitRow } from './units'

const rows: UnitRow[] = [
  { id: 'c', name: '中心', parent_id: null, kind: 'centre' },
  { id: 's', name: '站', parent_id: 'c', kind: 'station' },
  { id: 'b1', name: '第一支部', parent_id: 's', kind: 'branch' },
  { id: 'b2', name: '第二支部', parent_id: 's', kind: 'branch' },
]

describe('the tree of units', () => {
  it('is built from the flat list in any order', () => {
    const tree = unitTree([...rows].reverse())
    expect(tree).toHaveLength(1)
    expect(tree[0]?.children[0]?.children.map((n) => n.id).sort()).toEqual(['b1', 'b2'])
  })

  it('shows a unit whose parent is out of scope as a root', () => {
    expect(unitTree(rows.slice(1)).map((n) => n.id)).toEqual(['s'])
  })

  it('says an audience with as few units as possible', () => {
    const tree = unitTree(rows)
    expect(topmost(tree, new Set(['s', 'b1', 'b2']))).toEqual(['s'])
    expect(topmost(tree, new Set(['b2']))).toEqual(['b2'])
    expect(topmost(tree, new Set())).toEqual([])
  })

  it('names the way to a unit, and survives a loop', () => {
    expect(unitPath(rows, 'b1')).toBe('中心 › 站 › 第一支部')
    expect(unitPath(rows, 'x')).toBe('')
    const loop = [
      { id: 'a', name: 'A', parent_id: 'b', kind: 'point' },
      { id: 'b', name: 'B', parent_id: 'a', kind: 'point' },
    ]
    expect(unitPath(loop, 'a')).toBe('B › A')
  })
})
