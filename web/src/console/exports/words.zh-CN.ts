/** 导出 */
const words = {
  title: '导出',
  intro: '文件在后台生成，离开这一页也会继续。只包含您管理范围内的成员，做好后保留 24 小时。',
  make: '生成文件',
  making: '正在提交…',
  kind: '内容',
  kinds: { detail: '个人明细', intervals: '区间明细', lessons: '课程汇总和未到课名单', branches: '支部和站点', year: '年度', corrections: '调整审计' },
  kindText: {
    detail: '每人每课一行：进出时间、观看时长、覆盖率、学时和原因。',
    intervals: '学时背后的每一段：设备、从哪里到哪里、计入与否和原因。行数很多。',
    lessons: '每课一行：应到、到课、到课率、人数、人次、峰值；XLSX 另有一张未到课名单。',
    branches: '每个支部和站点一行：参学率、与上期相比、人均学时、距年度目标；XLSX 有两张表。',
    year: '每月一行：场次、人次、人数、学时、音频收听。',
    corrections: '每一次请假、撤销请假和改动回放：何时、何人、对谁。',
  },
  year: '年',
  yearOf: '{n} 年',
  month: '月',
  wholeYear: '全年',
  monthOf: '{n} 月',
  unit: '范围',
  allUnits: '我管理的全部',
  format: '格式',
  formats: { xlsx: 'XLSX（Excel、WPS）', csv: 'CSV（只有第一张表）' },
  list: '我的文件',
  empty: '还没有文件',
  emptyText: '选好内容和时间，点“生成文件”。',
  ofMonth: '{year} 年 {month} 月',
  states: { queued: '排队中', running: '正在生成', ready: '可以下载', failed: '没有做成', cancelled: '已取消', expired: '已过期' },
  progress: '已完成 {n}%',
  download: '下载',
  downloadOf: '下载：{name}',
  cancel: '取消',
  cancelOf: '取消：{name}',
  until: '保留到 {until}',
  asked: '{at} 提交',
  size: '{rows} 行 · {size}',
  reasons: {
    not_allowed: '您不再管理其中的全部单位。',
    too_large: '内容太多，放不进一个文件。请选一个月，或小一些的范围。',
    disk_full: '服务器的磁盘满了，请告诉管理员。',
    database: '数据库没有回应，请稍后再试。',
    stopped: '服务器几次中断，没有做成。请再试一次。',
    internal: '服务器出错了，请再试一次；如果还不行，请告诉管理员。',
  },
  problem: {
    export_span_wrong: '这种内容和这段时间不能一起选，请重新选择。',
    exports_waiting: '您已有 5 个文件还没做好。请等一个做好，或取消一个。',
  },
}

export default words

declare module '@/i18n/messages' {
  interface Dictionary {
    'console.exports': typeof words
  }
}
