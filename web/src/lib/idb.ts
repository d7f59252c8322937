/** IndexedDB as promises. */

export function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB request failed'))
  })
}

export function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onerror = () => reject(transaction.error ?? new Error('IndexedDB transaction failed'))
    transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB transaction aborted'))
  })
}

/** Opens a database; `again` is called when the connection is no longer usable and has to be opened again. */
export function openDatabase(
  factory: IDBFactory,
  name: string,
  version: number,
  again: () => void,
  make: (db: IDBDatabase) => void,
): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = factory.open(name, version)
    opening.onupgradeneeded = () => make(opening.result)
    opening.onsuccess = () => {
      // The browser closes it under us when storage is cleared: open it again next time.
      opening.result.onclose = again
      opening.result.onversionchange = () => {
        opening.result.close()
        again()
      }
      resolve(opening.result)
    }
    opening.onerror = () => {
      again()
      reject(opening.error ?? new Error('IndexedDB does not open'))
    }
  })
}
