import type { RouteRecordRaw } from 'vue-router'

const words: ['console.accounts'] = ['console.accounts']

export default [
  { path: 'people', name: 'console-people', meta: { words, tab: { of: 'console', label: 'console.nav.people', place: 4 } }, component: () => import('./PeoplePage.vue') },
  { path: 'people/new', name: 'console-person-new', meta: { words }, component: () => import('./PersonPage.vue') },
  { path: 'people/slips', name: 'console-slips', meta: { words }, component: () => import('./SlipsPage.vue') },
  { path: 'people/:person', name: 'console-person', props: true, meta: { words }, component: () => import('./PersonPage.vue') },
] satisfies RouteRecordRaw[]
