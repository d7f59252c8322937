import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/setup', name: 'setup', meta: { words: ['setup'], open: true }, component: () => import('./SetupPage.vue') },
] satisfies RouteRecordRaw[]
