import { session } from '@/session/session'

/** Wide enough for the pages of a desk. */
const DESK_PX = 900

/** Where somebody belongs who came without an address: at a desk to the work, on a phone to the lessons. */
export function homeOf(): string {
  const desk = innerWidth >= DESK_PX
  if (session.isMember.value && !desk) return '/'
  if (session.isOverseer.value) return '/console'
  return session.isLecturer.value ? '/studio' : '/'
}
