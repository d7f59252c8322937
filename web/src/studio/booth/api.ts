/** The booth's request: where to publish, and the pass for it. The stream key of an encoder stays as it is. */
import { request } from '@/api/request'

export interface BoothGrant {
  whip_url: string
  /** A secret; kept in this page's memory only. */
  pass: string
  expires_at: number
}

export const openBooth = (id: string) => request<BoothGrant>('POST', `/api/studio/lessons/${encodeURIComponent(id)}/booth`, {})
