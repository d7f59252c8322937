import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '', name: 'console', meta: { tab: ['console.nav.today', 1] }, component: () => import('./TodayPage.vue') },
] satisfies RouteRecordRaw[]
