import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: 'exports',
    name: 'console-exports',
    meta: { words: ['console.exports'], title: 'console.nav.exports', tab: ['console.nav.exports', 6] },
    component: () => import('./ExportsPage.vue'),
  },
] satisfies RouteRecordRaw[]
