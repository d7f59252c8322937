/** The lesson player's calls to the server. */
import { api, ask } from '@/api/client'
import type { RoomState } from '@/api/types'
import { beaconBeats, postBeats } from './beatsApi'
import type { EvidenceApi } from './evidence'
import { Room } from './room'

/** `state` gets what the room says. */
export const evidenceApi = (state: (state: RoomState) => void): EvidenceApi => ({
  lease: (lessonId, device) => ask(api.POST('/api/lessons/{id}/leases', { params: { path: { id: lessonId } }, body: { device } })),
  post: postBeats,
  beacon: beaconBeats,
  uplink: ({ lease, lesson_id: id }, outbox, events) =>
    new Room({
      url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/lessons/${id}/room?lease=${encodeURIComponent(lease)}`,
      outbox,
      random: Math.random,
      socket: (url) => new WebSocket(url),
      post: (beats) => postBeats({ kind: 'lesson', id }, lease, beats),
      events: { ...events, state },
    }),
})
