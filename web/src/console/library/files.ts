/**
 * Which of the chosen files are sent, and as what. The server looks at what a file is; here only what never is sound stays
 * behind: what a Mac or Windows puts into every folder, and files of a quite different kind.
 */

/** Of more files at once the first so many are taken, and the page says so. */
export const FILES_AT_ONCE = 1000
/** Folders inside one another. */
const DEEPEST = 12

/** Types and extensions: phones that know no type for a recording know its extension (tus-js-client#142, plyr.fm#54). */
export const ACCEPT =
  'audio/*,video/mp4,video/quicktime,video/webm,.mp3,.m4a,.m4b,.aac,.wav,.flac,.ogg,.oga,.opus,.amr,.wma,.aif,.aiff,.caf,.mp4,.m4v,.mov,.webm,.3gp'

const JUNK = /^(?:\._.*|\.ds_store|thumbs\.db|desktop\.ini|\.localized)$/i
const OTHER = /\.(?:txt|docx?|xlsx?|pptx?|pdf|html?|url|lnk|ini|log|nfo|cue|m3u8?|pls|lrc|srt|vtt|jpe?g|png|gif|bmp|webp|svg|heic|zip|rar|7z|exe|json|xml)$/i

export interface Chosen {
  file: File
  /** Folders and name, as they were chosen: what tells two files of one name apart. */
  path: string
}

export interface Sorted {
  take: Chosen[]
  /** Files that systems put everywhere. */
  junk: number
  /** Files of another kind. */
  other: number
  /** Left out because there were too many. */
  beyond: number
}

const order = new Intl.Collator('zh-CN', { numeric: true })

/** What to send, in the order of their names; the composed form of a name is one name (navidrome#4884). */
export function sortFiles(chosen: readonly Chosen[]): Sorted {
  const all = chosen.map(({ file, path }) => ({ file, path: path.normalize('NFC') }))
  const junk = all.filter(({ file, path }) => JUNK.test(file.name) || /(?:^|\/)__MACOSX\//.test(path))
  const other = all.filter((one) => !junk.includes(one) && OTHER.test(one.file.name))
  const take = all.filter((one) => !junk.includes(one) && !other.includes(one)).sort((a, b) => order.compare(a.path, b.path))
  return { take: take.slice(0, FILES_AT_ONCE), junk: junk.length, other: other.length, beyond: Math.max(0, take.length - FILES_AT_ONCE) }
}

/** From `<input>`: a folder says in `webkitRelativePath` where its files were. */
export const fromInput = (files: FileList): Chosen[] => [...files].map((file) => ({ file, path: file.webkitRelativePath || file.name }))

export interface Dropped {
  chosen: Chosen[]
  /** Files and folders that cannot be read; the others go on. */
  unreadable: string[]
}

/** From a drop, folders with all that is in them. The entries are asked for at once: after the event they are gone. */
export async function fromDrop(data: DataTransfer): Promise<Dropped> {
  const entries = [...data.items].filter(({ kind }) => kind === 'file').map((item) => item.webkitGetAsEntry())
  if (entries.every((entry) => entry === null)) return { chosen: [...data.files].map((file) => ({ file, path: file.name })), unreadable: [] }
  const found: Dropped = { chosen: [], unreadable: [] }
  for (const entry of entries) if (entry) await walk(entry, '', 0, found)
  return found
}

async function walk(entry: FileSystemEntry, folder: string, depth: number, found: Dropped): Promise<void> {
  // One more than is taken, so that the page can say that there were more.
  if (depth > DEEPEST || found.chosen.length > 2 * FILES_AT_ONCE) return
  const path = folder === '' ? entry.name : `${folder}/${entry.name}`
  try {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
      found.chosen.push({ file, path })
      return
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader()
    // A folder comes in parts of a hundred; an empty part is its end.
    for (;;) {
      const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
      if (part.length === 0) return
      for (const one of part) await walk(one, path, depth + 1, found)
    }
  } catch {
    found.unreadable.push(path)
  }
}
