import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: 'people',
    meta: { words: ['console.accounts'] },
    children: [
      { path: '', name: 'console-people', meta: { tab: ['console.nav.people', 4] }, component: () => import('./PeoplePage.vue') },
      { path: 'new', name: 'console-person-new', component: () => import('./PersonPage.vue') },
      { path: 'slips', name: 'console-slips', component: () => import('./SlipsPage.vue') },
      { path: ':person', name: 'console-person', props: true, component: () => import('./PersonPage.vue') },
    ],
  },
] satisfies RouteRecordRaw[]
