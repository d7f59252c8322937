/**
 * Writes one safety copy into the browser's own file system (OPFS). Every chunk is on the disk before it is
 * acknowledged: a browser that crashes leaves a file that plays up to the last chunk.
 */
export type CopyOrder =
  | { type: 'open'; folder: string; name: string }
  | { type: 'chunk'; bytes: ArrayBuffer; ms: number }
  | { type: 'close' }
export type CopyAnswer = { type: 'written'; bytes: number; ms: number } | { type: 'closed' } | { type: 'failed'; full: boolean }

/** The library for pages does not know it; workers of every current browser have it. */
interface SyncFile {
  write(bytes: ArrayBuffer, at: { at: number }): number
  flush(): void
  close(): void
}
type WithSync = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncFile> }

let file: SyncFile | null = null
let written = 0
/** Orders are carried out one after the other. */
let line: Promise<void> = Promise.resolve()
const answer = (what: CopyAnswer) => postMessage(what)

async function carryOut(order: CopyOrder): Promise<void> {
  switch (order.type) {
    case 'open': {
      const root = await navigator.storage.getDirectory()
      const folder = await root.getDirectoryHandle(order.folder, { create: true })
      const handle = await folder.getFileHandle(order.name, { create: true })
      file = await (handle as WithSync).createSyncAccessHandle()
      break
    }
    case 'chunk':
      if (!file) return
      written += file.write(order.bytes, { at: written })
      file.flush()
      answer({ type: 'written', bytes: written, ms: order.ms })
      break
    case 'close':
      file?.close()
      file = null
      answer({ type: 'closed' })
  }
}

self.onmessage = ({ data }: MessageEvent<CopyOrder>) => {
  line = line
    .then(() => carryOut(data))
    .catch((thrown: unknown) => {
      // What was written so far stays.
      file?.close()
      file = null
      answer({ type: 'failed', full: thrown instanceof DOMException && thrown.name === 'QuotaExceededError' })
    })
}
