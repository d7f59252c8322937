import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: 'share',
    name: 'console-share',
    meta: { words: ['staff.share'], tab: ['console.lesson.share', 2] },
    component: () => import('./SharePage.vue'),
  },
] satisfies RouteRecordRaw[]
