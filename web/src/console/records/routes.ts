import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: 'people/:person/year',
    name: 'console-person-year',
    meta: { words: ['console.records', 'console.reports'], title: 'console.records.title' },
    props: true,
    component: () => import('./MemberYearPage.vue'),
  },
] satisfies RouteRecordRaw[]
