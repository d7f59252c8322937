/**
 * First passwords made since this page was opened. They are shown once and kept nowhere else: a reload forgets them, and a
 * new one is made with a tap.
 */
import { readonly, shallowRef } from 'vue'
import type { FirstPassword } from './api'

/** As many as are printed at a sitting; older ones give way. */
const SLIPS = 200

const list = shallowRef<FirstPassword[]>([])

export const slips = readonly(list) as Readonly<typeof list>

/** A later slip of the same person takes the place of the earlier, which opens nothing any more. */
export function keepSlip(slip: FirstPassword): void {
  list.value = [...list.value.filter((s) => s.person.id !== slip.person.id), slip].slice(-SLIPS)
}
