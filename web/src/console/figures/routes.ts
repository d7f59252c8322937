import type { RouteRecordRaw } from 'vue-router'

const meta = { words: ['console.figures', 'console.library'], title: 'console.figures.title' } satisfies RouteRecordRaw['meta']

export default [
  { path: 'library/figures', name: 'console-figures', meta, component: () => import('./LibraryFiguresPage.vue') },
  { path: 'library/:id/figures', name: 'console-figures-series', meta, props: true, component: () => import('./SeriesFiguresPage.vue') },
] satisfies RouteRecordRaw[]
