import type { RouteRecordRaw } from 'vue-router'
import { loadArea } from '@/i18n'

export const studioRoutes: RouteRecordRaw[] = [
  {
    path: '/studio',
    meta: { area: 'studio', title: 'studio.title' },
    component: () => import('./StudioArea.vue'),
    children: [
      { path: '', name: 'studio', component: () => import('./home/StudioHome.vue') },
      {
        path: 'lessons/:id/booth',
        name: 'studio-booth',
        props: true,
        // Words of its own besides the studio's.
        component: async () => (await Promise.all([import('./booth/BoothPage.vue'), loadArea('studio.booth'), loadArea('staff.discussion'), loadArea('studio.recording')]))[0],
      },
      {
        path: 'lessons/:id/replay',
        name: 'studio-replay',
        props: true,
        component: async () => (await Promise.all([import('./replay/ReplayPage.vue'), loadArea('studio.replay')]))[0],
      },
      {
        path: 'lessons/:id/share',
        name: 'studio-share',
        props: true,
        component: async () => (await Promise.all([import('./share/StudioShare.vue'), loadArea('staff.share')]))[0],
      },
      {
        path: 'lessons/:id',
        name: 'studio-lesson',
        props: true,
        component: async () => (await Promise.all([import('./lessons/StudioLesson.vue'), loadArea('studio.recording'), loadArea('staff.discussion')]))[0],
      },
    ],
  },
]
