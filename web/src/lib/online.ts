/** Does this device believe that it has a network? A hint only: the answer to a request is what counts. */
import { readonly, ref } from 'vue'

const state = ref(navigator.onLine !== false)
addEventListener('online', () => (state.value = true))
addEventListener('offline', () => (state.value = false))

export const online = readonly(state)
