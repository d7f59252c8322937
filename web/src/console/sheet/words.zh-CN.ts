/** 签到表 */
const words = {
  title: '签到表',
  intro: '打印出来请大家签名：A4 纸，每页都有表头和页码，共 {n} 人。',
  print: '打印签到表',
  read: '正在读取名单：{n} / {of}',
  glyphs: '这台电脑的字体里没有下面的字，打印时用编码代替，请手写补上：',
  lecturer: '讲师 {name}',
  at: '序号',
  name: '姓名',
  no: '成员编号',
  in: '签到',
  out: '签退',
  note: '备注',
  excused: '请假',
  noBranch: '没有支部',
  nobody: '没有受邀的成员',
  nobodyText: '这节课在您的管理范围内没有人受邀，没有可以签名的表。',
  tooMany: '人太多，排不成一张签到表',
  tooManyText: '签到表最多 {n} 人。请导出个人明细，在 Excel 里按支部打印。',
}

export default words

declare module '@/i18n/messages' {
  interface Dictionary {
    'console.sheet': typeof words
  }
}
