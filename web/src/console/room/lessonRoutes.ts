import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: 'live',
    name: 'console-lesson-live',
    meta: { words: ['staff.discussion'], tab: { of: 'console-lesson', label: 'console.lesson.live', place: 1 } },
    component: () => import('./LivePage.vue'),
  },
] satisfies RouteRecordRaw[]
