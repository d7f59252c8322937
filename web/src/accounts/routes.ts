import type { RouteRecordRaw } from 'vue-router'

export default [
  // The rules of a password are said in the words of the first run.
  {
    path: '/password',
    name: 'password',
    meta: { words: ['accounts', 'setup'], title: 'accounts.title' },
    component: () => import('./PasswordPage.vue'),
  },
] satisfies RouteRecordRaw[]
