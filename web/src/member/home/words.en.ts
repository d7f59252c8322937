import type { Same } from '@/i18n/messages'
import type zh from './words.zh-CN'

export default {
  hello: 'Hello, {name}',
  live: 'Live now',
  today: 'Today',
  upcoming: 'Coming up',
  replays: 'Watch again',
  enter: 'Enter the lesson',
  running: 'On for {time}',
  startsIn: 'Starts in {time}',
  soon: 'Starting any moment',
  learned: '{time} done',
  year: 'My credit hours in {year}',
  hours: '{done} of {target} hours',
  hoursLeft: '{left} hours to go',
  hoursDone: 'This year’s hours are complete',
  emptyTitle: 'No lessons for now',
  emptyText: 'New lessons appear here as soon as your organizer plans them.',
} satisfies Same<typeof zh>
