/** The time, ticking once a second for countdowns, and set right by the server's clock. */
import { onScopeDispose, readonly, ref, type Ref } from 'vue'

/** Server time minus this device's, from the last answer that carried the time. */
let offsetMs = 0

export function setServerTime(now: number): void {
  offsetMs = now - Date.now()
}

export const serverNow = () => Date.now() + offsetMs

export function useNow(everyMs = 1000): Readonly<Ref<number>> {
  const now = ref(serverNow())
  const timer = setInterval(() => (now.value = serverNow()), everyMs)
  onScopeDispose(() => clearInterval(timer))
  return readonly(now)
}
