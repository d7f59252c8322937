/** The booth's request: where to publish, and the pass for it. The stream key of an encoder stays as it is. */
import { request } from '@/api/request'

export interface BoothGrant {
  whip_url: string
  /** A secret; kept in this page's memory only. */
  pass: string
  expires_at: number
}

export const openBooth = (id: string) => request<BoothGrant>('POST', `/api/studio/lessons/${encodeURIComponent(id)}/booth`, {})

/** A chapter where a page of the slides began to be shown. */
export const addSlideChapter = (id: string, title: string, atMs: number) => request<unknown>('POST', `/api/studio/lessons/${encodeURIComponent(id)}/chapters`, { title, at_ms: atMs, from_slides: true })
