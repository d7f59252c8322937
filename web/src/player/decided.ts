/** Whether an answer is the server's last word on the beats that were sent: then they are not sent again. Pure. */
import type { Problem } from '@/api/problem'

/** May be otherwise a moment later. */
const PASSING = [401, 408, 425, 429]
/** About who is signed in here, not about the beats: they wait for their owner. */
const OF_SESSION = ['password_first', 'cross_origin', 'lease_not_yours']
/** What is wrong with a message stays wrong, whoever says so. */
const OF_MESSAGE = [400, 413, 422]

export function isFinal({ code, status }: Problem): boolean {
  if (status < 400 || status >= 500 || PASSING.includes(status) || OF_SESSION.includes(code)) return false
  // Without a code of ours something in between has answered: the sign-in page of a hotel, a proxy.
  return !code.startsWith('http_') || OF_MESSAGE.includes(status)
}
