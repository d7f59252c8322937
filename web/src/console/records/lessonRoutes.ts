import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: 'attendance',
    name: 'console-attendance',
    meta: { words: ['console.accounts'], tab: ['console.lesson.attendance', 3] },
    component: () => import('./AttendancePage.vue'),
  },
] satisfies RouteRecordRaw[]
