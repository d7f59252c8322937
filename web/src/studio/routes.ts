/** The studio. Each slice brings its pages in a `routes.ts` of its own. */
import type { RouteRecordRaw } from 'vue-router'

const slices = import.meta.glob<RouteRecordRaw[]>('./*/routes.ts', { eager: true, import: 'default' })

export default [
  {
    path: '/studio',
    meta: { words: ['studio'], title: 'studio.title' },
    component: () => import('./StudioArea.vue'),
    children: Object.values(slices).flat(),
  },
] satisfies RouteRecordRaw[]
