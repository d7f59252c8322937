import { describe, expect, it } from 'vitest'
import type { UnitRow } from './api'
import { flatten, placesFor, topmost, unitTree } from './tree'

const rows: UnitRow[] = [
  { id: 'c', name: '中心', parent_id: null, kind: 'centre', closed_at: null },
  { id: 's', name: '站', parent_id: 'c', kind: 'station', closed_at: null },
  { id: 'b1', name: '第一支部', parent_id: 's', kind: 'branch', closed_at: null },
  { id: 'b2', name: '第二支部', parent_id: 's', kind: 'branch', closed_at: null },
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

  it('offers for a move what is open, higher, elsewhere and not inside', () => {
    const more: UnitRow[] = [
      ...rows,
      { id: 's2', name: '二站', parent_id: 'c', kind: 'station', closed_at: null },
      { id: 's3', name: '三站', parent_id: 'c', kind: 'station', closed_at: 9 },
      { id: 'p', name: '点', parent_id: 's', kind: 'point', closed_at: null },
    ]
    const places = (id: string) => placesFor(more.find((row) => row.id === id)!, more).map((row) => row.id)
    expect(places('b1')).toEqual(['c', 's2', 'p'])
    expect(places('p')).toEqual(['c', 's2'])
    expect(places('s')).toEqual([])
    expect(places('c')).toEqual([])
  })
})
