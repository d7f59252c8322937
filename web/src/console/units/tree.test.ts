import { describe, expect, it } from 'vitest'
import type { UnitRow } from './api'
import { flatten, topmost, unitTree } from './tree'

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

  it('lists the tree with its depth', () => {
    expect(flatten(unitTree(rows)).map((u) => `${u.depth}${u.id}`)).toEqual(['0c', '1s', '2b1', '2b2'])
  })
})
