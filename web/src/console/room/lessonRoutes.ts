import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: 'live',
    name: 'console-lesson-live',
    meta: { words: ['staff.discussion', 'staff.room'], tab: ['console.lesson.live', 1] },
    component: () => import('./LivePage.vue'),
  },
] satisfies RouteRecordRaw[]
