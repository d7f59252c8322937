import type { RouteRecordRaw } from 'vue-router'

export default [{ path: 'attendance/:member', name: 'console-evidence', component: () => import('./EvidencePage.vue') }] satisfies RouteRecordRaw[]
