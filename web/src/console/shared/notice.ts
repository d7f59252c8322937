/** One line that survives the way from one console page to the next: "planned", "saved", "cancelled". */
import { readonly, ref } from 'vue'

const text = ref('')
let timer = 0

export const notice = readonly(text)

export function tell(sentence: string): void {
  text.value = sentence
  clearTimeout(timer)
  timer = window.setTimeout(() => (text.value = ''), 8000)
}
