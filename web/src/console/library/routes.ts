import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: 'library',
    meta: { words: ['console.library', 'console.rules'], title: 'console.nav.library' },
    children: [
      { path: '', name: 'console-library', meta: { tab: ['console.nav.library', 3.5] }, component: () => import('./LibraryPage.vue') },
      { path: 'speakers', name: 'console-library-speakers', component: () => import('./SpeakersPage.vue') },
      { path: ':id', name: 'console-library-series', props: true, component: () => import('./SeriesPage.vue') },
    ],
  },
] satisfies RouteRecordRaw[]
