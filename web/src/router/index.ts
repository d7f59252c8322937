/**
 * Which page stands at which address. Members, studio, console and setup are areas of their own: their pages, their
 * words and their components are loaded when somebody first goes there.
 */
import { shallowRef } from 'vue'
import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteRecordRaw } from 'vue-router'
import { loadArea, t, type Area, type MessageKey } from '@/i18n'
import { session } from '@/session/session'

declare module 'vue-router' {
  interface RouteMeta {
    /** The words the page uses, in addition to those of the pages around it. */
    words?: Area[]
    /** The tab it wants in the frame around it (staff/tabs.ts), and where in the row. */
    tab?: [label: MessageKey, place: number]
    /** Only for those who answer for the whole centre: others get no tab. */
    centre?: boolean
    /** May be seen without signing in. */
    open?: boolean
    title?: MessageKey
  }
}

/** Every area says in its `routes.ts` which pages it has. */
const areas = import.meta.glob<RouteRecordRaw[]>('../*/routes.ts', { eager: true, import: 'default' })

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    ...Object.values(areas).flat(),
    { path: '/:rest(.*)*', name: 'missing', meta: { words: ['common'], open: true }, component: () => import('./MissingPage.vue') },
  ],
  scrollBehavior: (to, _from, saved) => saved ?? (to.hash ? false : { top: 0 }),
})

const problem = shallowRef<unknown>(null)
/** The start failed for want of a server: shown instead of any page, with a button to try again. */
export const boot = {
  problem,
  retry: () => {
    problem.value = null
    void router.replace({ path: location.pathname, query: Object.fromEntries(new URLSearchParams(location.search)), force: true })
  },
}

type Target = Pick<RouteLocationNormalized, 'matched'>

const loadWords = ({ matched }: Target) => Promise.all(matched.flatMap((page) => page.meta.words ?? []).map(loadArea))

/** The files of a page are fetched while it is asked who is there; the router would ask for them after the answer. */
function fetchPage(to: Target): void {
  for (const { components } of to.matched) {
    for (const page of Object.values(components ?? {})) {
      const coming: unknown = typeof page === 'function' ? (page as () => unknown)() : null
      // What fails here is asked for again by the router, which says so.
      if (coming instanceof Promise) coming.catch(() => undefined)
    }
  }
}

/** All that the first page needs, at once and before there is anything to show it. */
export function lookAhead(): void {
  const to = router.resolve(location.pathname + location.search)
  loadWords(to).catch(() => undefined)
  if (!to.meta.open) void session.ensure()
  fetchPage(to)
}

router.beforeEach(async (to) => {
  fetchPage(to)
  // Who is signed in is asked only where it matters: the sign-in page itself must open without a refusal in the log.
  const words = loadWords(to)
  words.catch(() => undefined)
  const unanswered = to.meta.open ? null : await session.ensure()
  // Without the server the page's words may not have come either; that it cannot be reached is said in words that are there.
  if (unanswered) {
    problem.value = unanswered
    return true
  }
  await words
  if (to.meta.open) return true
  // A password from a slip opens nothing but the page where it is replaced.
  if (session.me.value?.first_password && to.name !== 'password') return { name: 'password', query: { to: to.fullPath } }
  if (session.me.value) return true
  return { name: 'sign-in', query: to.fullPath === '/' ? {} : { to: to.fullPath } }
})

router.afterEach((to, from) => {
  // Another state of the same page, such as full screen: its title stays.
  if (from.matched.length > 0 && to.path === from.path) return
  const title = to.meta.title ? t(to.meta.title) : ''
  document.title = title ? `${title} · ${t('common.product')}` : t('common.product')
})

// A new version was installed and this page's chunks are gone: load the page afresh, once.
router.onError((error, to) => {
  if (!/import|fetch|load/i.test(String(error))) return
  if (sessionStorage.getItem('yunke.reloaded') === to.fullPath) {
    // It is not there after that either: said, with a button, and never an empty page.
    problem.value ??= error
    return
  }
  sessionStorage.setItem('yunke.reloaded', to.fullPath)
  location.assign(to.fullPath)
})
