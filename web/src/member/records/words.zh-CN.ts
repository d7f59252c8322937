/** 我的学时 */
const words = {
  emptyTitle: '还没有学习记录',
  emptyText: '听过一节课，这里就会有记录。',
  toLesson: '打开课堂',
  lessons: '直播课和回放',
  listened: '听课',
  toEpisode: '接着听',
  gone: '这一集已经不在听课里了，学过的仍然算数。',
  nothingYet: '还没有听过有声课程。',
  counted: '有效学习 {time}，共 {total}（{percent}%）',
  hours: '{hours} 学时',
  countedTitle: '计入的时段',
  notCountedTitle: '没有计入的时段和原因',
  allCounted: '听过的都计入了。',
  nothing: '没有计入的时段。',
  details: '查看明细',
  hideDetails: '收起明细',
  total: '合计 {hours} 学时',
  live: '直播',
  replay: '回放',
  video: '视频',
  audio: '声音',
  needed: '离全部学时还差 {time}。',
  because: '{time}{why}',
  and: '；',
  makeUp: '从 {at} 起补看回放',
  standing: { later: '课还没有结束。', coming: '回放正在准备，请过一会儿再来补看。', ready: '回放可以看。', hidden: '回放暂时没有开放，现在不能补看。', none: '这节课没有录像，不能补看。' },
  reason: {
    not_heard: '没有听',
    not_playing: '没有在播放（暂停、缓冲或者已离开）',
    rate_too_high: '播放速度超过 1.5 倍',
    hidden_video: '画面没有显示，按规则不计',
    not_started: '课还没有开始',
    ahead_of_edge: '这一段当时还没有播出',
    past_end: '超过了课程的结尾',
    not_offered: '回放里没有这一段',
    in_gap: '讲师中断，没有内容',
    too_fast: '比实际经过的时间还多',
    silence_too_long: '太久没有收到手机的消息',
    other_lesson: '同一时间在听另一节课',
    uncorroborated: '没有送达记录',
    unobserved: '经由缓存节点取得，看不到送达情况，照样计入',
    other: '没有通过核对',
  },
}

export default words

declare module '@/i18n/messages' {
  interface Dictionary {
    'member.records': typeof words
  }
}
