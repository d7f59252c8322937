import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: 'lessons/:id',
    name: 'studio-lesson',
    props: true,
    meta: { words: ['studio.recording', 'staff.discussion', 'staff.room'] },
    component: () => import('./StudioLesson.vue'),
  },
] satisfies RouteRecordRaw[]
