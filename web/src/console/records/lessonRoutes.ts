import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: 'attendance',
    name: 'console-attendance',
    meta: { words: ['console.accounts'], tab: { of: 'console-lesson', label: 'console.lesson.attendance', place: 3 } },
    component: () => import('./AttendancePage.vue'),
  },
] satisfies RouteRecordRaw[]
