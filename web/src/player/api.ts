/** The player's calls to the server. */
import { api, ask } from '@/api/client'
import type { EvidenceApi } from './evidence'

export const evidenceApi: EvidenceApi = {
  lease: (lessonId, device) => ask(api.POST('/api/lessons/{id}/leases', { params: { path: { id: lessonId } }, body: { device } })),
  post: (lessonId, token, beats) =>
    ask(api.POST('/api/lessons/{id}/beats', { params: { path: { id: lessonId } }, body: { lease: token, beats } })),
  beacon: (lessonId, token, beats) => {
    const body = new Blob([JSON.stringify({ lease: token, beats })], { type: 'application/json' })
    return navigator.sendBeacon(`/api/lessons/${lessonId}/beats`, body)
  },
  roomUrl: (lessonId, token) =>
    `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/lessons/${lessonId}/room?lease=${encodeURIComponent(token)}`,
  socket: (url) => new WebSocket(url),
}
