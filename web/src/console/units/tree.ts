/**
 * The tree of units as the pages need it: built from the flat list, and an audience kept as small
 * as it can be said (a unit stands for everything below it).
 */
import type { UnitRow } from './api'
import { levelsBelow } from './levels'

export interface UnitNode {
  id: string
  name: string
  children: UnitNode[]
}

/** The flat list as trees; a unit whose parent is not in the list (out of scope) becomes a root. */
export function unitTree(rows: readonly UnitRow[]): UnitNode[] {
  const nodes = new Map<string, UnitNode>(rows.map((r) => [r.id, { id: r.id, name: r.name, children: [] }]))
  const roots: UnitNode[] = []
  for (const row of rows) {
    const node = nodes.get(row.id)
    if (!node) continue
    const parent = row.parent_id === null ? undefined : nodes.get(row.parent_id)
    if (parent && parent !== node) parent.children.push(node)
    else roots.push(node)
  }
  return roots
}

/** The checked units without those that stand below another checked one, in the tree's order. */
export function topmost(roots: readonly UnitNode[], checked: ReadonlySet<string>): string[] {
  const out: string[] = []
  const walk = (nodes: readonly UnitNode[]): void => {
    for (const node of nodes) {
      if (checked.has(node.id)) out.push(node.id)
      else walk(node.children)
    }
  }
  walk(roots)
  return out
}

/** Where a unit may move: open, of a higher level, not inside it, and not where it is. */
export function placesFor(unit: UnitRow, rows: readonly UnitRow[]): UnitRow[] {
  const inside = new Set([unit.id])
  // Parents come before children.
  for (const row of rows) if (row.parent_id !== null && inside.has(row.parent_id)) inside.add(row.id)
  const fits = (row: UnitRow) => levelsBelow(row.kind).includes(unit.kind)
  return rows.filter((row) => row.closed_at === null && fits(row) && !inside.has(row.id) && row.id !== unit.parent_id)
}

/** The trees as one list, each unit with how deep it stands. */
export function flatten(roots: readonly UnitNode[], depth = 0): { id: string; name: string; depth: number }[] {
  return roots.flatMap((node) => [{ id: node.id, name: node.name, depth }, ...flatten(node.children, depth + 1)])
}
