import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: 'reports',
    meta: { words: ['console.reports'], title: 'console.reports.title' },
    children: [
      { path: '', name: 'console-reports', meta: { tab: ['console.nav.reports', 5] }, component: () => import('./YearPage.vue') },
      { path: 'items', name: 'console-report-items', component: () => import('./ItemsPage.vue') },
      { path: 'people', name: 'console-report-people', component: () => import('./PeopleRowsPage.vue') },
    ],
  },
] satisfies RouteRecordRaw[]
