import type { RouteRecordRaw } from 'vue-router'

/** Slices that stand in the frame bring their pages in a `routes.ts` of their own. */
const slices = import.meta.glob<RouteRecordRaw[]>('./*/routes.ts', { eager: true, import: 'default' })

export default [
  {
    path: '/sign-in',
    name: 'sign-in',
    meta: { words: ['member', 'member.accounts'], open: true, title: 'member.accounts.title' },
    component: () => import('./accounts/SignInPage.vue'),
  },
  {
    path: '/s/:code',
    name: 'arrive',
    meta: { words: ['member'], open: true },
    component: () => import('./share/ArrivePage.vue'),
    props: true,
  },
  { path: '/lessons/:id', name: 'lesson', meta: { words: ['member'] }, component: () => import('./lesson/LessonPage.vue'), props: true },
  {
    path: '/',
    meta: { words: ['member'] },
    component: () => import('./MemberFrame.vue'),
    children: [
      {
        path: '',
        name: 'home',
        meta: { words: ['member.home'], title: 'common.nav.home' },
        component: () => import('./home/HomePage.vue'),
      },
      {
        path: 'records',
        name: 'records',
        meta: { words: ['member.records'], title: 'common.nav.records' },
        component: () => import('./records/RecordsPage.vue'),
      },
      {
        path: 'me',
        name: 'me',
        meta: { words: ['member.accounts'], title: 'common.nav.me' },
        component: () => import('./accounts/MePage.vue'),
      },
      ...Object.values(slices).flat(),
    ],
  },
] satisfies RouteRecordRaw[]
