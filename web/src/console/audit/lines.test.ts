import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadArea } from '@/i18n'
import type { AuditRow } from './api'
import { deed, GROUPS, more, pageOf } from './lines'
import words from './words.zh-CN'

beforeAll(() => loadArea('console.audit'))

const row = (more: Partial<AuditRow>): AuditRow => ({
  at: 0, actor_id: 'a', actor_name: '王', action: 'person.edit', subject_kind: 'person', subject_id: 'p', subject_name: '李', detail: {}, ...more,
})

/** Every source file of the server below a folder. */
function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'tests' ? [] : sources(path)
    return entry.name.endsWith('.rs') && !entry.name.includes('test') ? [readFileSync(path, 'utf8')] : []
  })
}

describe('a line of the audit log', () => {
  it('has a name for everything that the server writes down', () => {
    const kinds = GROUPS.map((group) => group.slice(0, -1))
    const written = ['../server/store/src/decide', '../server/src/routes', '../server/src/roster', '../server/src/exports']
      .flatMap((folder) => {
        try {
          return sources(folder)
        } catch {
          return []
        }
      })
      .flatMap((text) => [...text.matchAll(/"((?:[a-z_]+)\.[a-z_]+)"/g)].map((found) => found[1]!))
      .filter((action) => [...kinds, 'question', 'private_note', 'replay', 'chapter', 'captions', 'poster'].includes(action.split('.')[0]!))
    expect(written.length).toBeGreaterThan(25)
    const unnamed = new Set(written.filter((action) => !(action.replace('.', '_') in words.actions)))
    expect([...unnamed]).toEqual([])
  })

  it('says names before and after, which fields, or why', () => {
    expect(more(row({ action: 'unit.rename', detail: { from: '甲', to: '乙' } }))).toBe('“甲” became “乙”')
    expect(more(row({ detail: { fields: ['name', 'phone', 'secret'] } }))).toBe('name, phone number')
    expect(more(row({ detail: { reason: '重复' } }))).toBe('重复')
    expect(more(row({ detail: null }))).toBe('')
    expect(deed('person.add')).toBe('Added a person')
    expect(deed('later.than_this')).toBe('later.than_this')
  })

  it('leads to the person or the lesson that there is still', () => {
    expect(pageOf(row({}))?.name).toBe('console-person')
    expect(pageOf(row({ subject_name: null }))).toBeNull()
    expect(pageOf(row({ subject_kind: 'unit' }))).toBeNull()
  })
})
