import type { RouteRecordRaw } from 'vue-router'
import { loadArea } from '@/i18n'

export const accountRoutes: RouteRecordRaw[] = [
  // The rules of a password are said in the words of the first run.
  { path: '/password', name: 'password', meta: { area: 'accounts', title: 'accounts.title' }, component: async () => (await Promise.all([import('./PasswordPage.vue'), loadArea('setup')]))[0] },
]
