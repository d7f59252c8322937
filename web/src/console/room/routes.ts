import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: 'live', name: 'console-live', meta: { tab: ['console.nav.live', 3] }, component: () => import('./LiveIndex.vue') },
] satisfies RouteRecordRaw[]
