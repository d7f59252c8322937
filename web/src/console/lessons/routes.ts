/** The pages of lessons; what other slices show of one lesson stands in the same frame. */
import type { RouteRecordRaw } from 'vue-router'

const ofOneLesson = import.meta.glob<RouteRecordRaw[]>('../*/lessonRoutes.ts', { eager: true, import: 'default' })

export default [
  { path: 'lessons', name: 'console-lessons', meta: { tab: ['console.nav.lessons', 2] }, component: () => import('./LessonsPage.vue') },
  { path: 'lessons/new', name: 'console-plan', meta: { words: ['console.rules'] }, component: () => import('./PlanPage.vue') },
  { path: 'lessons/:id/edit', name: 'console-edit', meta: { words: ['console.rules'] }, props: true, component: () => import('./PlanPage.vue') },
  {
    path: 'lessons/:id',
    props: true,
    component: () => import('./LessonFrame.vue'),
    children: [{ path: '', redirect: (to) => ({ name: 'console-lesson-live', params: to.params }) }, ...Object.values(ofOneLesson).flat()],
  },
] satisfies RouteRecordRaw[]
