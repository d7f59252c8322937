/** The player's calls to the server. */
import { request } from '@/api/request'
import type { LeaseGrant } from '@/api/types'
import type { EvidenceApi } from './evidence'
import type { PostAnswer } from './room'

export const evidenceApi: EvidenceApi = {
  lease: (lessonId, device) => request<LeaseGrant>('POST', `/api/lessons/${lessonId}/leases`, { device }),
  post: (lessonId, token, beats) => request<PostAnswer>('POST', `/api/lessons/${lessonId}/beats`, { lease: token, beats }),
  beacon: (lessonId, token, beats) => {
    const body = new Blob([JSON.stringify({ lease: token, beats })], { type: 'application/json' })
    return navigator.sendBeacon(`/api/lessons/${lessonId}/beats`, body)
  },
  roomUrl: (lessonId, token) => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/lessons/${lessonId}/room?lease=${encodeURIComponent(token)}`,
  socket: (url) => new WebSocket(url),
}
