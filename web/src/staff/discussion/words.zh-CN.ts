/** 学员的提问和给讲师的便条：演播室和工作台共用 */
const words = {
  title: '学员提问',
  waiting: '{n} 个等待回答',
  waiting_none: '没有等待回答的提问',
  none: '还没有提问。学员可以在课堂页面上提问。',
  all_done: '都处理完了。',
  before: '开课前',
  answered: '已回答',
  hide: '隐藏',
  reopen: '恢复',
  undo: '撤销',
  did_answered: '已标为回答：“{text}”',
  did_hidden: '已隐藏：“{text}”',
  settled: '已处理 {n} 个',
  by: { answered: '{name} 标为已回答', hidden: '{name} 隐藏' },
  failed: '没有保存',
  note: {
    from: '{name} 的便条',
    got: '知道了',
    only_you: '只有讲师和组织者看得到',
    title: '给讲师的便条',
    hint: '显示在讲师的演播室里，学员看不到。',
    text: '写给讲师',
    send: '发给讲师',
    sending: '正在发…',
    failed: '没有发出',
    none: '还没有便条。',
    unread: '未读',
    read: '{name} 已读 {time}',
    chars: '{n}/{max}',
  },
  problem: {
    text_empty: '请写几个字再发。',
    text_too_long: '文字太长，请缩短。',
    text_characters: '文字里有不可见或会误导人的字符，请删去后重试。',
    wrong_phase: '课程已经结束或取消，不能再发。',
    not_found: '这一条已经不在了。',
    busy: '服务器正忙，请稍后再试。',
  },
}

export default words

declare module '@/i18n/messages' {
  interface Dictionary {
    'staff.discussion': typeof words
  }
}
