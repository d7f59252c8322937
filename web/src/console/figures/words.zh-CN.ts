/** 收听统计 */
const words = {
  title: '收听统计',
  back: '返回系列',
  backAll: '返回听课',
  of: '{title} · 收听统计',
  span: '时间',
  spans: { all: '全部时间', year: '今年', month: '本月', days30: '最近 30 天' },
  total: '合计',
  listeners: '人数',
  listenersText: '听了 30 秒以上的人，一个人只算一次',
  plays: '人次',
  playsText: '每次接着听算一次，停了半小时以上算新的一次',
  heard: '收听时长',
  completions: '听完',
  completionsText: '第一次听到结尾的次数',
  rate: '听完率',
  percent: '{n}%',
  episodes: '每一集',
  episode: '单集',
  series: '系列',
  branches: '每个支部',
  branch: '支部',
  noBranch: '没有支部',
  none: '这段时间没有人收听。',
  noEpisodes: '还没有单集。',
  noSeries: '还没有系列。',
  curve: '听到哪里',
  curveOf: '听到哪里：{title}',
  curveHide: '收起',
  curveText: '每一段有多少人听过；跳过去的不算听过。',
  curveLabel: '开头 {first} 人听过，最多 {most} 人，结尾 {last} 人',
  stopped: '在 {at} 附近少了 {n} 人',
  stay: '没有明显停下来的地方。',
  export: '导出这个系列的收听统计',
}

export default words

declare module '@/i18n/messages' {
  interface Dictionary {
    'console.figures': typeof words
  }
}
