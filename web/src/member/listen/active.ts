/** Whether something can go on playing: all that a page must know before the player is there. */
import { ref } from 'vue'

export const barShown = ref(false)
