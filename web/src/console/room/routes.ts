import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: 'live', name: 'console-live', meta: { tab: { of: 'console', label: 'console.nav.live', place: 3 } }, component: () => import('./LiveIndex.vue') },
] satisfies RouteRecordRaw[]
