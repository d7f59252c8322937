import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: 'lessons/:id/booth',
    name: 'studio-booth',
    props: true,
    meta: { words: ['studio.booth', 'studio.recording', 'staff.discussion'] },
    component: () => import('./BoothPage.vue'),
  },
] satisfies RouteRecordRaw[]
