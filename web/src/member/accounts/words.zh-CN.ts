/** 登录，和“我的”。 */
const words = {
  title: '登录',
  lead: '用组织者登记的手机号登录。',
  phone: '手机号',
  number: '成员编号',
  byNumber: '没有手机号？用成员编号登录',
  byPhone: '用手机号登录',
  password: '密码',
  show: '显示密码',
  hide: '隐藏密码',
  submit: '登录',
  busy: '正在登录…',
  needPhone: '请填写手机号',
  needNumber: '请填写成员编号',
  which: '这个号码有几位在用。请问您是哪一位？',
  needPassword: '请填写密码',
  help: '忘记密码？请联系您支部的组织者。',
  setup: '这里还没有设置。请打开服务器日志里的一次性链接来创建中心。',
  me: {
    console: '管理台（组织）',
    reading: '阅读',
    elder: '长辈版',
    elderText: '字更大、按钮更大、对比更强。',
    size: '字号',
    large: '大',
    larger: '更大',
    largest: '最大',
    signOut: '退出登录',
    signOutText: '下次要重新输入手机号和密码。还没交上去的学习时间会留在这台手机里，下次登录补交。',
    signOutEverywhere: '在所有设备上退出',
    signOutEverywhereText: '您在别的手机和电脑上也会退出，要重新登录。',
  },
}

export default words

declare module '@/i18n/messages' {
  interface Dictionary {
    'member.accounts': typeof words
  }
}
