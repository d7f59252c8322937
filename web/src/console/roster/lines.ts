/** What the page says of lines, and how bad ones are copied into a spreadsheet. */
import { has, t, type MessageKey } from '@/i18n'
import type { ImportSummary, Kind, Line, Reason } from './api'

/** In the order in which somebody looks them over: what is wrong first. */
export const KINDS: readonly Kind[] = ['bad', 'add', 'change', 'move', 'return', 'leave', 'same']

/** The first kind with something in it. */
export const firstKind = (counts: ImportSummary['counts']): Kind => KINDS.find((kind) => counts[kind] > 0) ?? 'same'

/** Lines that are written whether anybody is chosen to leave or not. */
export const written = ({ add, change, move, return: back }: ImportSummary['counts']): number => add + change + move + back

export function reasonText({ code, field, text }: Reason): string {
  const about = field ? t(`console.roster.field.${field}`) : ''
  return t(`console.roster.reason.${code}`, { field: about, text: text ?? '' })
}

export const refusalText = ({ code, row, limit }: NonNullable<ImportSummary['refusal']>): string => {
  const key = `console.roster.refusal.${code}`
  return t((has(key) ? key : 'console.roster.refusal.file_broken') as MessageKey, { row: row ?? 0, limit: limit ?? 0 })
}

/** Tabs and line ends would begin another cell. */
const cell = (text: string) => text.replace(/[\t\r\n]+/g, ' ')

/** As a spreadsheet takes it from the clipboard. */
export const asTable = (lines: readonly Line[]): string =>
  lines.map((line) => [String(line.row ?? ''), line.reasons.map(reasonText).join('；'), ...line.cells].map(cell).join('\t')).join('\n')

/** Also on plain http, where there is no clipboard. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    area.className = 'visually-hidden'
    document.body.append(area)
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    return done
  }
}
