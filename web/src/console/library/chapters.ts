/** Chapters as lines of text: `1:30 标题`. Pure. */
import { position } from '@/i18n/format'
import type { Chapter } from './types'

const LINE = /^\[?(?:(\d{1,3})[:：])?(\d{1,3})[:：](\d{2})(?:[.。]\d+)?\]?[\s,，、-]+(.+)$/

export const chapterText = (chapters: readonly Chapter[]): string => chapters.map(({ at_ms, title }) => `${position(at_ms)} ${title}`).join('\n')

/** In order of time; `line`: the first that cannot be read, counted from 1. */
export function readChapters(text: string): { chapters: Chapter[]; line: number | null } {
  const chapters: Chapter[] = []
  const lines = text.split(/\r?\n/)
  for (let n = 0; n < lines.length; n += 1) {
    const line = lines[n]!.normalize('NFKC').trim()
    if (line === '') continue
    const [, hours, minutes, seconds, title] = LINE.exec(line) ?? []
    if (title === undefined || Number(seconds) > 59 || (hours !== undefined && Number(minutes) > 59)) return { chapters: [], line: n + 1 }
    chapters.push({ at_ms: (Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000, title: title.trim() })
  }
  return { chapters: chapters.sort((a, b) => a.at_ms - b.at_ms), line: null }
}
