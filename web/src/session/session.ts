/** Who is signed in. One answer for the whole app; asked once, then changed only by signing in and out. */
import { computed, readonly, shallowRef } from 'vue'
import { asProblem, type Problem } from '@/api/problem'
import { api, ask } from '@/api/client'
import { onSignedOut } from '@/api/request'
import type { Me, RoleName } from '@/api/types'

const me = shallowRef<Me | null>(null)
const known = shallowRef(false)
let asking: Promise<void> | null = null

onSignedOut(() => {
  me.value = null
  known.value = true
})

/** Asks the server once. Without an answer nothing is known, and the next call asks again. */
async function ensure(): Promise<Problem | null> {
  if (known.value) return null
  asking ??= ask(api.GET('/api/me'))
    .then((answer) => {
      me.value = answer
      known.value = true
    })
    .finally(() => {
      asking = null
    })
  try {
    await asking
    return null
  } catch (thrown) {
    const problem = asProblem(thrown)
    if (problem.status !== 401) return problem
    me.value = null
    known.value = true
    return null
  }
}

function set(next: Me): void {
  me.value = next
  known.value = true
}

/** `person`: who of those who share the number, once the server has asked. */
async function signIn(phone: string, password: string, person?: string): Promise<void> {
  set(await ask(api.POST('/api/session', { body: { phone, password, person_id: person } })))
}

async function signOut(everywhere = false): Promise<void> {
  try {
    await (everywhere ? api.DELETE('/api/sessions') : api.DELETE('/api/session'))
  } catch (thrown) {
    // Already over on the server: that is what was asked for. Anything else must be seen.
    if (asProblem(thrown).status !== 401) throw thrown
  }
  me.value = null
}

const is = (role: RoleName) => me.value?.roles.some((r) => r.role === role) ?? false

export const session = {
  me: readonly(me),
  known: readonly(known),
  isLecturer: computed(() => is('lecturer')),
  isOrganizer: computed(() => is('organizer') || is('owner')),
  /** Organizes or audits the whole centre. */
  ofCentre: computed(() => me.value?.roles.some((r) => r.whole_centre && r.role !== 'lecturer') ?? false),
  isOwner: computed(() => is('owner')),
  /** Sees the console: as organizer, or to look only. */
  isOverseer: computed(() => is('organizer') || is('owner') || is('auditor')),
  isMember: computed(() => is('member')),
  is,
  ensure,
  set,
  signIn,
  signOut,
}
