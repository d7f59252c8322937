/** 听课 stands in the members' frame. */
import type { RouteRecordRaw } from 'vue-router'

const meta = { words: ['member.listen'], title: 'common.nav.listen' } satisfies RouteRecordRaw['meta']

export default [
  { path: 'listen', name: 'listen', meta, component: () => import('./ListenPage.vue') },
  { path: 'listen/series', name: 'listen-list', meta, component: () => import('./SeriesListPage.vue') },
  { path: 'listen/series/:id', name: 'listen-series', meta, props: true, component: () => import('./SeriesPage.vue') },
  { path: 'listen/episodes/:id', name: 'listen-episode', meta, props: true, component: () => import('./EpisodePage.vue') },
  { path: 'listen/history', name: 'listen-history', meta, component: () => import('./HistoryPage.vue') },
  { path: 'listen/queue', name: 'listen-queue', meta, component: () => import('./QueuePage.vue') },
] satisfies RouteRecordRaw[]
