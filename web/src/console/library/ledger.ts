/**
 * What was begun and is not finished, kept in this browser: where each file's bytes go, so that the same file goes on where it
 * stopped, also after a reload. A file of another size or time is another file, whatever its name (tus protocol#139).
 */
import type { Chosen } from './files'

export interface Begun {
  series: string
  path: string
  /** The episode whose file it replaces; null: it becomes a new one. A file of the same name may do both. */
  into: string | null
  size: number
  /** `File.lastModified`. */
  mtime: number
  /** Where its bytes go; a secret of this browser, valid for some days. */
  url: string
  episode: string
  /** This device's wall clock. */
  at: number
}

export interface Ledger {
  /** `same`: go on with it. `changed`: there was one of this name, of other bytes. */
  find(series: string, chosen: Chosen, into: string | null): { entry: Begun; is: 'same' | 'changed' } | null
  of(series: string): Begun[]
  put(entry: Begun): void
  remove(series: string, path: string, into: string | null): void
}

const KEY = 'yunke.uploads.'
export const LEDGER_LIMIT = 1000
/** As long as the server goes on with an upload. */
export const LEDGER_MS = 7 * 24 * 3_600_000

export function openLedger(memberId: string, storage: () => Storage, now: () => number): Ledger {
  const key = KEY + memberId
  const read = (): Begun[] => {
    try {
      const parsed: unknown = JSON.parse(storage().getItem(key) ?? '[]')
      return Array.isArray(parsed) ? (parsed as Begun[]).filter((one) => typeof one?.url === 'string' && now() - one.at < LEDGER_MS) : []
    } catch {
      return []
    }
  }
  const write = (entries: Begun[]) => {
    try {
      storage().setItem(key, JSON.stringify(entries.slice(-LEDGER_LIMIT)))
    } catch {
      // storage is blocked: a reload begins anew
    }
  }
  const at = (series: string, path: string, into: string | null) => (one: Begun) =>
    one.series === series && one.path === path && (one.into ?? null) === into
  return {
    find(series, { file, path }, into) {
      const entry = read().find(at(series, path, into))
      if (!entry) return null
      return { entry, is: entry.size === file.size && entry.mtime === file.lastModified ? 'same' : 'changed' }
    },
    of: (series) => read().filter((one) => one.series === series),
    put: (entry) => write([...read().filter((one) => !at(entry.series, entry.path, entry.into)(one)), entry]),
    remove: (series, path, into) => write(read().filter((one) => !at(series, path, into)(one))),
  }
}
