import type { RouteRecordRaw } from 'vue-router'

const meta = { words: ['console.audit'], title: 'console.audit.title', tab: ['console.nav.audit', 9], centre: true } satisfies RouteRecordRaw['meta']

export default [{ path: 'audit', name: 'console-audit', meta, component: () => import('./AuditPage.vue') }] satisfies RouteRecordRaw[]
