/**
 * The tree of units as the pages need it: built from the flat list, and an audience kept as small
 * as it can be said (a unit stands for everything below it).
 */

export interface UnitRow {
  id: string
  name: string
  parent_id: string | null
  kind: string
}

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

/** `昆山中心 › 张浦站 › 第一支部`, or an empty string for a unit that is not in the list. */
export function unitPath(rows: readonly UnitRow[], id: string): string {
  const byId = new Map(rows.map((r) => [r.id, r]))
  const names: string[] = []
  const seen = new Set<string>()
  for (let at = byId.get(id); at && !seen.has(at.id); at = at.parent_id === null ? undefined : byId.get(at.parent_id)) {
    seen.add(at.id)
    names.unshift(at.name)
  }
  return names.join(' › ')
}
