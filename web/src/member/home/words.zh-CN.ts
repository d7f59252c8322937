/** 首页。 */
const words = {
  hello: '{name}，您好',
  live: '正在直播',
  today: '今天的课',
  upcoming: '以后的课',
  replays: '可以回看',
  enter: '进入课堂',
  running: '已开讲 {time}',
  startsIn: '{time}后开始',
  soon: '马上开始',
  learned: '已学 {time}',
  year: '{year} 年我的学时',
  hours: '已学 {done} / {target} 学时',
  hoursLeft: '还差 {left} 学时',
  hoursDone: '今年的学时已经完成',
  emptyTitle: '暂时没有课',
  emptyText: '组织者安排了新课，会出现在这里。',
}

export default words

declare module '@/i18n/messages' {
  interface Dictionary {
    'member.home': typeof words
  }
}
