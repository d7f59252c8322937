import type { RouteRecordRaw } from 'vue-router'

export const studioRoutes: RouteRecordRaw[] = [{ path: '/studio', name: 'studio', meta: { area: 'studio' }, component: () => import('./StudioArea.vue') }]
