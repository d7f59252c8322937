import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '', name: 'console', meta: { tab: { of: 'console', label: 'console.nav.today', place: 1 } }, component: () => import('./TodayPage.vue') },
] satisfies RouteRecordRaw[]
