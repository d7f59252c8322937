import type { RouteRecordRaw } from 'vue-router'

export default [{ path: '', name: 'studio', component: () => import('./StudioHome.vue') }] satisfies RouteRecordRaw[]
