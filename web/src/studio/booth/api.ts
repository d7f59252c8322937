/** The booth's request: where to publish, and the pass for it. The stream key of an encoder stays as it is. */
import { api, ask } from '@/api/client'
import type { components } from '@/api/schema'

/** Its pass is a secret; kept in this page's memory only. */
export type BoothGrant = components['schemas']['BoothGrant']

export const openBooth = (id: string) => ask(api.POST('/api/studio/lessons/{id}/booth', { params: { path: { id } } }))
