/** The console. Each slice brings its pages in a `routes.ts` of its own, and those of one lesson in a `lessonRoutes.ts`. */
import type { RouteRecordRaw } from 'vue-router'

const slices = import.meta.glob<RouteRecordRaw[]>('./*/routes.ts', { eager: true, import: 'default' })

export default [
  {
    path: '/console',
    meta: { words: ['console'], title: 'console.title' },
    component: () => import('./ConsoleArea.vue'),
    children: Object.values(slices).flat(),
  },
] satisfies RouteRecordRaw[]
