import type { RouteRecordRaw } from 'vue-router'
import { loadArea } from '@/i18n'

/** A page of people, with its words. */
const people =
  <T>(page: () => Promise<T>) =>
  async (): Promise<T> =>
    (await Promise.all([page(), loadArea('console.accounts')]))[0]

export const consoleRoutes: RouteRecordRaw[] = [
  {
    path: '/console',
    meta: { area: 'console', title: 'console.title' },
    component: () => import('./ConsoleArea.vue'),
    children: [
      { path: '', name: 'console', component: () => import('./home/TodayPage.vue') },
      { path: 'people', name: 'console-people', component: people(() => import('./accounts/PeoplePage.vue')) },
      { path: 'people/new', name: 'console-person-new', component: people(() => import('./accounts/PersonPage.vue')) },
      { path: 'people/slips', name: 'console-slips', component: people(() => import('./accounts/SlipsPage.vue')) },
      { path: 'people/:person', name: 'console-person', props: true, component: people(() => import('./accounts/PersonPage.vue')) },
      { path: 'live', name: 'console-live', component: () => import('./room/LiveIndex.vue') },
      { path: 'lessons', name: 'console-lessons', component: () => import('./lessons/LessonsPage.vue') },
      { path: 'lessons/new', name: 'console-plan', component: () => import('./lessons/PlanPage.vue') },
      { path: 'lessons/:id/edit', name: 'console-edit', props: true, component: () => import('./lessons/PlanPage.vue') },
      {
        path: 'lessons/:id',
        props: true,
        component: () => import('./lessons/LessonFrame.vue'),
        children: [
          { path: '', redirect: (to) => ({ name: 'console-lesson-live', params: to.params }) },
          { path: 'live', name: 'console-lesson-live', component: async () => (await Promise.all([import('./room/LivePage.vue'), loadArea('staff.discussion')]))[0] },
          { path: 'share', name: 'console-share', component: async () => (await Promise.all([import('./share/SharePage.vue'), loadArea('staff.share')]))[0] },
          { path: 'attendance', name: 'console-attendance', component: people(() => import('./records/AttendancePage.vue')) },
          { path: 'attendance/:member', name: 'console-evidence', component: () => import('./evidence/EvidencePage.vue') },
        ],
      },
    ],
  },
]
