import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: 'share',
    name: 'console-share',
    meta: { words: ['staff.share'], tab: { of: 'console-lesson', label: 'console.lesson.share', place: 2 } },
    component: () => import('./SharePage.vue'),
  },
] satisfies RouteRecordRaw[]
