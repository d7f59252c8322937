import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: 'sheet',
    name: 'console-sheet',
    meta: { words: ['console.sheet'], tab: ['console.lesson.sheet', 4] },
    component: () => import('./SheetPage.vue'),
  },
] satisfies RouteRecordRaw[]
