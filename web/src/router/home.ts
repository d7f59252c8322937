import { session } from '@/session/session'

/** Where somebody belongs who came without an address. */
export function homeOf(): string {
  if (session.isMember.value) return '/'
  if (session.isOrganizer.value) return '/console'
  return session.isLecturer.value ? '/studio' : '/'
}
