import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: 'people/import',
    meta: { words: ['console.roster', 'console.accounts'] },
    children: [
      { path: '', name: 'console-roster', component: () => import('./RosterPage.vue') },
      { path: ':id', name: 'console-roster-import', component: () => import('./ImportPage.vue') },
    ],
  },
] satisfies RouteRecordRaw[]
