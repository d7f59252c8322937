/**
 * The document on show, kept in this browser so that a reload in the middle of the lesson brings it back at the same
 * page. One at a time: another lesson's replaces it. Where storage is blocked nothing is kept, and nothing fails.
 */
import { done, finished, openDatabase } from '@/lib/idb'
import type { Layout } from '../picture/layout'

export interface KeptSlides {
  lesson: string
  name: string
  file: Blob
}

/** Where the lecturer was; small, so it is written with every page. */
export interface Place {
  page: number
  layout: Layout
}

const STORE = 'slides'
const KEY = 'current'
const PLACE = 'yunke.booth.place'

async function transact<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await openDatabase(
    indexedDB,
    'yunke-slides',
    1,
    () => undefined,
    (made) => made.createObjectStore(STORE),
  )
  try {
    const tx = db.transaction(STORE, mode)
    const [value] = await Promise.all([done(work(tx.objectStore(STORE))), finished(tx)])
    return value
  } finally {
    db.close()
  }
}

/** Throws where there is no room for it. */
export async function keepSlides(slides: KeptSlides): Promise<void> {
  await transact('readwrite', (store) => store.put(slides, KEY))
}

export async function keptSlides(lesson: string): Promise<KeptSlides | null> {
  const kept = await transact('readonly', (store) => store.get(KEY) as IDBRequest<KeptSlides | undefined>).catch(() => undefined)
  return kept?.lesson === lesson ? kept : null
}

export async function forgetSlides(): Promise<void> {
  localStorage.removeItem(PLACE)
  await transact('readwrite', (store) => store.delete(KEY)).catch(() => undefined)
}

export function keepPlace(lesson: string, place: Place): void {
  try {
    localStorage.setItem(PLACE, JSON.stringify({ lesson, ...place }))
  } catch {
    // storage is full or blocked: a reload begins at the first page
  }
}

export function keptPlace(lesson: string): Place {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? '{}') as Partial<Place> & { lesson?: string }
    if (kept.lesson !== lesson) throw new Error('of another lesson')
    const layout = kept.layout === 'slides' || kept.layout === 'both' ? kept.layout : 'speaker'
    return { layout, page: Number.isInteger(kept.page) && kept.page! > 0 ? kept.page! : 1 }
  } catch {
    return { page: 1, layout: 'speaker' }
  }
}
