/** Where beats go: to their item, whatever it is. Also those that earlier pages could not deliver. */
import { request } from '@/api/request'
import type { Beat } from '@/api/types'
import type { ItemRef } from './outbox'
import type { PostAnswer } from './room'

const path = ({ kind, id }: ItemRef): string => `/api/${kind === 'lesson' ? 'lessons' : 'library/episodes'}/${id}/beats`

export const postBeats = (item: ItemRef, lease: string, beats: Beat[]): Promise<PostAnswer> =>
  request<PostAnswer>('POST', path(item), { lease, beats })

export function beaconBeats(item: ItemRef, lease: string, beats: Beat[]): boolean {
  const body = new Blob([JSON.stringify({ lease, beats })], { type: 'application/json' })
  return navigator.sendBeacon(path(item), body)
}
