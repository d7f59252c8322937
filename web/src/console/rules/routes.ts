import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: 'rules',
    meta: { words: ['console.rules'], title: 'console.nav.rules' },
    children: [
      { path: '', name: 'console-rules', meta: { tab: ['console.nav.rules', 4.5] }, component: () => import('./RulesPage.vue') },
      { path: 'new', name: 'console-rule-new', component: () => import('./RuleEditPage.vue') },
      { path: ':id', name: 'console-rule', props: true, component: () => import('./RulePage.vue') },
      { path: ':id/edit', name: 'console-rule-edit', props: true, component: () => import('./RuleEditPage.vue') },
    ],
  },
] satisfies RouteRecordRaw[]
