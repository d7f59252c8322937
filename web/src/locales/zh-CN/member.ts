/** 学员的页面。 */
export default {
  signIn: {
    title: '登录',
    lead: '用组织者登记的手机号登录。',
    phone: '手机号',
    password: '密码',
    show: '显示密码',
    hide: '隐藏密码',
    submit: '登录',
    busy: '正在登录…',
    needPhone: '请填写手机号',
    needPassword: '请填写密码',
    help: '忘记密码？请联系您支部的组织者。',
    setup: '这里还没有设置。请打开服务器日志里的一次性链接来创建中心。',
  },
}
