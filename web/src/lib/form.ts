/** What the forms share. */
import { nextTick } from 'vue'

/** To the first field that is wrong, once the page has marked it. */
export async function focusWrong(marked = '[aria-invalid="true"]'): Promise<void> {
  await nextTick()
  document.querySelector<HTMLElement>(marked)?.focus()
}
