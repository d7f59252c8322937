import type { RouteRecordRaw } from 'vue-router'

export const consoleRoutes: RouteRecordRaw[] = [{ path: '/console', name: 'console', meta: { area: 'console' }, component: () => import('./ConsoleArea.vue') }]
