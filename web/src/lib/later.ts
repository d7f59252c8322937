/** A component whose file is fetched when it is first shown: what only a tap can bring up need not be there before. */
import { h, shallowRef, type Component, type FunctionalComponent } from 'vue'

export function later<T extends Component>(load: () => Promise<{ default: T }>): T {
  const found = shallowRef<Component | null>(null)
  let asked = false
  const component: FunctionalComponent = (_props, { attrs, slots }) => {
    if (!asked) {
      asked = true
      // Without an answer it is asked for again with the next change.
      load().then(
        (file) => (found.value = file.default),
        () => (asked = false),
      )
    }
    return found.value ? h(found.value, attrs, slots) : null
  }
  component.inheritAttrs = false
  return component as unknown as T
}
