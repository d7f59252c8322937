import type { RouteRecordRaw } from 'vue-router'

export const studioRoutes: RouteRecordRaw[] = [
  {
    path: '/studio',
    meta: { area: 'studio', title: 'studio.title' },
    component: () => import('./StudioArea.vue'),
    children: [
      { path: '', name: 'studio', component: () => import('./StudioHome.vue') },
      { path: 'lessons/:id', name: 'studio-lesson', props: true, component: () => import('./StudioLesson.vue') },
    ],
  },
]
