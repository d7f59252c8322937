import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: 'lessons/:id/replay',
    name: 'studio-replay',
    props: true,
    meta: { words: ['studio.replay'] },
    component: () => import('./ReplayPage.vue'),
  },
] satisfies RouteRecordRaw[]
