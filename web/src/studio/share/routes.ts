import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: 'lessons/:id/share',
    name: 'studio-share',
    props: true,
    meta: { words: ['staff.share'] },
    component: () => import('./StudioShare.vue'),
  },
] satisfies RouteRecordRaw[]
