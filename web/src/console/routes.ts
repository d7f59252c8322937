import type { RouteRecordRaw } from 'vue-router'
import { loadArea } from '@/i18n'

/** A page of people, with its words. */
const people =
  <T>(page: () => Promise<T>) =>
  async (): Promise<T> =>
    (await Promise.all([page(), loadArea('people')]))[0]

export const consoleRoutes: RouteRecordRaw[] = [
  {
    path: '/console',
    meta: { area: 'console', title: 'console.title' },
    component: () => import('./ConsoleArea.vue'),
    children: [
      { path: '', name: 'console', component: () => import('./TodayPage.vue') },
      { path: 'people', name: 'console-people', component: people(() => import('./people/PeoplePage.vue')) },
      { path: 'people/new', name: 'console-person-new', component: people(() => import('./people/PersonPage.vue')) },
      { path: 'people/slips', name: 'console-slips', component: people(() => import('./people/SlipsPage.vue')) },
      { path: 'people/:person', name: 'console-person', props: true, component: people(() => import('./people/PersonPage.vue')) },
      { path: 'live', name: 'console-live', component: () => import('./LiveIndex.vue') },
      { path: 'lessons', name: 'console-lessons', component: () => import('./LessonsPage.vue') },
      { path: 'lessons/new', name: 'console-plan', component: () => import('./PlanPage.vue') },
      { path: 'lessons/:id/edit', name: 'console-edit', props: true, component: () => import('./PlanPage.vue') },
      {
        path: 'lessons/:id',
        props: true,
        component: () => import('./LessonFrame.vue'),
        children: [
          { path: '', redirect: (to) => ({ name: 'console-lesson-live', params: to.params }) },
          { path: 'live', name: 'console-lesson-live', component: async () => (await Promise.all([import('./LivePage.vue'), loadArea('talk')]))[0] },
          { path: 'share', name: 'console-share', component: async () => (await Promise.all([import('./SharePage.vue'), loadArea('share')]))[0] },
          { path: 'attendance', name: 'console-attendance', component: people(() => import('./AttendancePage.vue')) },
          { path: 'attendance/:member', name: 'console-evidence', component: () => import('./EvidencePage.vue') },
        ],
      },
    ],
  },
]
