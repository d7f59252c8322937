import type { RouteRecordRaw } from 'vue-router'

export const setupRoutes: RouteRecordRaw[] = [{ path: '/setup', name: 'setup', meta: { area: 'setup', open: true }, component: () => import('./SetupPage.vue') }]
