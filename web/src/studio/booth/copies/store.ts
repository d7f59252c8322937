/** The safety copies on this computer: files in OPFS, and what is known of each in IndexedDB. */
import { done, finished, openDatabase } from '@/lib/idb'

export const FOLDER = 'copies'

/** One stretch of one lesson. */
export interface Copy {
  /** Of the file. */
  name: string
  lesson: string
  title: string
  type: string
  /** When it begins, UTC milliseconds by the server's clock. */
  started_at: number
  ms: number
  bytes: number
}

const STORE = 'copies'

async function transact<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await openDatabase(
    indexedDB,
    'yunke-copies',
    1,
    () => undefined,
    (made) => made.createObjectStore(STORE, { keyPath: 'name' }),
  )
  try {
    const tx = db.transaction(STORE, mode)
    const [value] = await Promise.all([done(work(tx.objectStore(STORE))), finished(tx)])
    return value
  } finally {
    db.close()
  }
}

/** Oldest first. */
export async function allCopies(): Promise<Copy[]> {
  const copies = await transact('readonly', (store) => store.getAll() as IDBRequest<Copy[]>)
  return copies.sort((a, b) => a.started_at - b.started_at)
}

export async function noteCopy(copy: Copy): Promise<void> {
  await transact('readwrite', (store) => store.put({ ...copy }))
}

const folder = async () => (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true })

/** Throws where the file is gone. */
export async function copyFile(name: string): Promise<File> {
  return (await (await folder()).getFileHandle(name)).getFile()
}

/** Throws while somebody writes it. */
export async function removeCopy(name: string): Promise<void> {
  await (await folder()).removeEntry(name).catch((thrown: unknown) => {
    if (!(thrown instanceof DOMException) || thrown.name !== 'NotFoundError') throw thrown
  })
  await transact('readwrite', (store) => store.delete(name))
}

/** What the browser would still give; null where it does not say. */
export async function freeBytes(): Promise<number | null> {
  const { quota, usage } = (await navigator.storage.estimate?.().catch(() => null)) ?? {}
  return quota === undefined || usage === undefined ? null : quota - usage
}
