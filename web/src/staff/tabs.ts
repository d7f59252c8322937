/** Tabs over pages: a page asks for one in its route (`meta.tab`), so that the frame around it lists none. */
import { computed, type ComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { t } from '@/i18n'
import { session } from '@/session/session'

export interface Tab {
  name: string
  label: string
  /** Its page is shown, or one below it. */
  here: boolean
}

/** The tabs of the frame at this path (as the routes write it), in their order. */
export function useTabs(frame: string): ComputedRef<Tab[]> {
  const router = useRouter()
  const route = useRoute()
  const pages = router
    .getRoutes()
    .flatMap(({ name, path, meta: { tab, centre } }) =>
      tab && (!centre || session.ofCentre.value) && path.startsWith(frame) && !path.slice(frame.length + 1).includes('/')
        ? [{ name: String(name), label: tab[0], place: tab[1] }]
        : [],
    )
    .sort((a, b) => a.place - b.place)
  const paths = computed(() => pages.map(({ name }) => router.resolve({ name, params: route.params }).path))
  const here = computed(() => {
    const matching = paths.value.filter((path) => route.path === path || route.path.startsWith(`${path}/`))
    // The first page of an area stands above all the others: the longest address is the one.
    return matching.sort((a, b) => b.length - a.length)[0]
  })
  return computed(() => pages.map(({ name, label }, at) => ({ name, label: t(label), here: paths.value[at] === here.value })))
}
