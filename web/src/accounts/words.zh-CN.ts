/** 自己的密码 */
const words = {
  title: '修改密码',
  first_title: '设一个自己的密码',
  first_lead: '您用的是别人给的首次密码。请换成只有您知道的密码，以后用它登录。',
  old: '现在的密码',
  first_old: '条子上的首次密码',
  new: '新密码',
  save: '保存新密码',
  done: '密码已修改。其他设备上已退出登录。',
  need_old: '请填写现在的密码',
  leave: '退出登录',
  problem: {
    password_wrong: '现在的密码不对。',
    password_length: '密码要有 8 到 128 个字符。',
    password_common: '这个密码别人一猜就中，请换几个自己的词。',
    password_phone: '密码里不要包含手机号。',
    password_same: '新密码和现在的一样，请换一个。',
  },
}

export default words

declare module '@/i18n/messages' {
  interface Dictionary {
    accounts: typeof words
  }
}
