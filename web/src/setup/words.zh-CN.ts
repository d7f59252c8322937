/** 首次设置 */
const words = {
  title: '首次设置',
  lead: '建立中心和第一位组织者，用时不到两分钟。',
  centre_name: '中心名称',
  centre_hint: '学员和讲师看到的名称，例如“张浦镇党群服务中心”',
  organizer_name: '组织者姓名',
  organizer_hint: '就是您自己。您将排课、查看学时并导出',
  phone: '手机号',
  phone_hint: '以后用它登录，其他人只能看到打码后的号码',
  password: '密码',
  again: '再输入一次密码',
  show: '显示密码',
  rules_title: '密码要求',
  met: '已满足',
  unmet: '未满足',
  rule: {
    length: '{min} 到 {max} 个字符，汉字、字母、数字、空格都可以',
    varied: '至少有 4 个不同的字符',
    not_phone: '不包含手机号',
    same: '两次输入相同',
  },
  issue: {
    empty: '请填写这一项',
    long: '太长了，最多 100 个字',
    phone_form: '请填写 11 位手机号；境外号码以 + 开头',
    password_short: '密码太短，至少 {min} 个字符',
    password_long: '密码太长，最多 {max} 个字符',
    password_simple: '密码太简单，请至少用 4 个不同的字符',
    password_is_phone: '密码里不要包含手机号',
    again_differs: '两次输入的密码不同',
    server: '服务器没有接受这一项，请检查',
  },
  problem: {
    phone_invalid: '请填写 11 位手机号；境外号码以 + 开头。',
    password_length: '密码要有 8 到 128 个字符。',
    password_common: '这个密码别人一猜就中，请换几个自己的词。',
    password_phone: '密码里不要包含手机号。',
    text_empty: '请填写这一项。',
    text_too_long: '太长了，最多 100 个字。',
    text_characters: '文字里有不可见或会误导人的字符，请删去。',
    busy: '服务器正忙，请稍后再试。',
  },
  fix: '还有 {n} 项需要修改',
  create: '创建中心',
  creating: '正在创建…',
  failed: '没有创建成功',
  no_token_title: '请使用设置链接打开本页',
  no_token: '链接只出现在服务器日志里，形如 /setup?token=…。请在运行 yunke 的终端或日志中找到它，完整复制后打开。',
  wrong_token_title: '设置链接不正确或已失效',
  wrong_token: '服务器每次启动都会在日志里给出当前有效的链接。请复制最新的一条，不要漏掉结尾的字符。',
  done_title: '中心已经建立',
  done: '设置链接只能使用一次。请用组织者的手机号和密码登录。',
  sign_in: '去登录',
  ready_title: '{centre}已建立',
  ready: '您已登录。下一步：安排第一节课。',
  go_console: '进入工作台',
}

export default words

declare module '@/i18n/messages' {
  interface Dictionary {
    setup: typeof words
  }
}
