/** 一个人的一年：每节课、每一集，计入了什么，为什么没有全部。 */
const words = {
  title: '成员的一年',
  of: '{name} · {year} 年',
  back: '返回人员',
  year: '年份',
  year_option: '{year} 年',
  no_branch: '没有支部',
  sum: '{hours} 学时（其中听课 {audio}），要求 {target}',
  reached: '已经达到。',
  missing: '还差 {hours} 学时。',
  counts: '参加 {attended}，待定 {pending}，未参加 {absent}，请假 {excused}',
  to_come: '还有新的记录正在统计，稍后刷新会算进来。',
  empty_title: '这一年没有记录',
  empty: '受邀的课结束以后，这里就会有一行。',
  lessons: '课程',
  episodes: '听课',
  table: { lesson: '课程', when: '时间', from: '讲师', standing: '情况', credit: '认定', coverage: '覆盖率', time: '有效时长', hours: '学时', why: '原因', episode: '单集', series: '系列' },
  standing: { attended: '参加', pending: '待定', absent: '未参加', excused: '请假' },
  why: {
    half: '覆盖率没有到全部学时的要求，得一半',
    below_half: '覆盖率没有到一半学时的要求',
    nothing: '没有有效的学习时间',
    pending: '还没有来，{until} 以前可以看回放补学',
    pending_open: '还没有来，补学时间还没过',
    absent: '没有来，补学时间已过',
    excused: '请了假',
    full: '得了全部学时',
  },
  make_up: '{until} 以前可以补学',
  part_of_lesson: '零点以后的部分',
  open: '打开《{title}》的证据',
  year_of: '{year} 年的学时',
  print: '打印',
}

export default words

declare module '@/i18n/messages' {
  interface Dictionary {
    'console.records': typeof words
  }
}
