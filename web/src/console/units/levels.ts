/** Which levels a unit may have below another: the server's rule, to offer only what it takes. */
import type { UnitKind } from './api'

const ORDER: UnitKind[] = ['centre', 'station', 'point', 'branch']

export function levelsBelow(kind: string): UnitKind[] {
  const at = ORDER.indexOf(kind as UnitKind)
  return at < 0 ? [] : ORDER.slice(at + 1)
}
