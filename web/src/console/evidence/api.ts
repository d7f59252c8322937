/** The evidence of one member in one lesson. */
import { api, ask } from '@/api/client'
import type { components } from '@/api/schema'

type Schemas = components['schemas']
export type Verdict = 'accepted' | 'clamped' | 'refused'

/**
 * What became of one beat: what the player claimed, the `pieces` that counted of it (more than one where a gap was cut out,
 * none when it was refused), and what of it no media node delivered (it counts where it lies in `pieces`).
 */
export type EvidenceInterval = Omit<Schemas['EvidenceInterval'], 'verdict'> & { verdict: Verdict }
export type Evidence = Omit<Schemas['MemberAttendance'], 'intervals'> & { intervals: EvidenceInterval[] }

/** Past the end the last page is answered. */
export const getEvidence = (id: string, member: string, page: number, signal?: AbortSignal) =>
  ask(api.GET('/api/console/lessons/{id}/attendance/{member_id}', { params: { path: { id, member_id: member }, query: { page } }, signal })) as Promise<Evidence>
