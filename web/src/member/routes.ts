import type { RouteRecordRaw } from 'vue-router'

export const memberRoutes: RouteRecordRaw[] = [
  { path: '/sign-in', name: 'sign-in', meta: { area: 'member', open: true, title: 'member.signIn.title' }, component: () => import('./SignInPage.vue') },
  {
    path: '/',
    meta: { area: 'member' },
    component: () => import('./MemberFrame.vue'),
    children: [{ path: '', name: 'home', meta: { title: 'common.nav.home' }, component: () => import('./HomePage.vue') }],
  },
]
