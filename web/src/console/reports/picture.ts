/** A chart as a picture: into the clipboard where a page may write there (https or localhost), else as a download. */
export async function copyPicture(dataUrl: string, name: string): Promise<'copied' | 'saved'> {
  const file = pngOf(dataUrl)
  if (window.isSecureContext && typeof ClipboardItem !== 'undefined' && navigator.clipboard) {
    try {
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': file })])
      return 'copied'
    } catch {
      // The browser or the person said no: the file is as good.
    }
  }
  const address = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = address
  link.download = `${name}.png`
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
  return 'saved'
}

/** The bytes of a `data:image/png;base64,` address: a page of ours may not fetch one. */
export function pngOf(dataUrl: string): Blob {
  const text = atob(dataUrl.slice(dataUrl.indexOf(',') + 1))
  return new Blob([Uint8Array.from(text, (c) => c.charCodeAt(0))], { type: 'image/png' })
}
