/** Sends a file as it is and says how much of it has gone; a file of 20 MB takes longer than any other request. */
import { Problem } from '@/api/problem'
import { uploadAddress, type ImportView } from './api'

/** As large as the server takes. */
export const FILE_BYTES = 20 * 1024 * 1024

/** The ending is for the file dialog alone: the server looks at what is inside. */
export const ACCEPT = '.xlsx,.xls,.csv,.txt'

export function sendFile(file: File, sent: (share: number) => void): Promise<ImportView> {
  if (file.size > FILE_BYTES) return Promise.reject(new Problem(413, 'body_too_large'))
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest()
    call.open('POST', uploadAddress(file.name.slice(-100) || 'roster'))
    call.setRequestHeader('Content-Type', 'application/octet-stream')
    call.upload.onprogress = (event) => event.lengthComputable && sent(event.loaded / event.total)
    call.onload = () => {
      const body: unknown = parsed(call.responseText)
      if (call.status < 300) resolve(body as ImportView)
      else reject(refused(call.status, body))
    }
    call.onerror = () => reject(new Problem(0, navigator.onLine === false ? 'offline' : 'unreachable'))
    call.send(file)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function refused(status: number, body: unknown): Problem {
  const fields = typeof body === 'object' && body !== null ? (body as { code?: string }) : {}
  return new Problem(status, fields.code ?? `http_${status}`, fields)
}
