/** Words used everywhere. 源语言是中文；英文文件必须有同样的键。 */
const words = {
  product: '云课',
  skip: '跳到正文',
  loading: '正在加载…',
  retry: '重试',
  reload: '重新打开页面',
  back: '返回',
  close: '关闭',
  cancel: '取消',
  confirm: '确定',
  save: '保存',
  more: '查看更多',
  signIn: '去登录',
  toHome: '回到首页',
  offlineBar: '没有网络。已打开的内容还在，网络恢复后会自动继续。',
  language: { label: '语言', zh: '中文', en: 'English' },
  nav: { home: '首页', listen: '听课', records: '我的学时', me: '我的', label: '主导航' },
  phase: { planned: '未开始', live: '直播中', ended: '已结束', cancelled: '已取消', replay: '回放' },
  credit: { none: '未达标', half: '半学时', full: '已达标' },
  role: { member: '学员', lecturer: '讲师', organizer: '组织者', owner: '负责人', auditor: '审计员' },
  time: { minutes: '{n} 分钟', hours: '{n} 小时', days: '{n} 天', seconds: '{n} 秒', today: '今天', tomorrow: '明天' },
  staff: { console: '工作台', studio: '演播室', member: '学员页面', signOut: '退出登录', password: '修改密码', nav: '区域' },
  http: '现在的网址是 http，听课、回放和学时都正常。换成 https 的网址，还可以：播放时屏幕不变暗、装到手机桌面、没有网时也能打开。需要请告诉组织者。',
  state: {
    offline: '连不上网络',
    forbidden: '没有权限查看',
    missing: '没有找到',
    error: '出了点问题',
  },
  problem: {
    offline: '现在没有网络。请检查 Wi-Fi、网线或移动数据，然后重试。',
    unreachable: '连不上服务器。请检查网络；如果别的网站能打开，请过一会儿再试。',
    timeout: '服务器很久没有回应。请过一会儿再试。',
    server: '服务器出了问题，我们已经记下来了。请过一会儿再试；一直不行请告诉组织者。',
    unknown: '没有成功（{status}）。请重试；一直不行请告诉组织者。',
    page: '这一页出了问题。重新打开一般就好了；一直不行请告诉组织者。',
    no_page: '这个地址没有内容，链接可能写错了或者已经过期。',
    wrong_credentials: '手机号或密码不对。请再检查一遍。',
    too_many_attempts: '这个号码的密码错了太多次，请等 {wait} 秒再试。以前登录过的手机或电脑不用等。',
    body_too_slow: '上传太慢，服务器没有等到。请换个网络好的地方再试。',
    sign_in_required: '登录已过期，请重新登录。',
    not_invited: '这节课没有邀请您所在的支部。想参加请联系组织者。',
    not_found: '没有找到，可能已经删除或者链接不对。',
    replay_hidden: '组织者或讲师还没有开放这节课的回放。您已经学的时间照样算。',
    not_allowed: '您没有这项权限。需要的话请联系组织者。',
    busy: '服务器现在很忙，请过一会儿再试。',
    lesson_cancelled: '这节课已经取消。',
    wrong_phase: '课程现在的状态不能这样做，请刷新后再看。',
    media_unavailable: '媒体服务正在恢复，请过几秒再试。',
    body_too_large: '内容太大，服务器没有接收。',
    cross_origin: '请求被拒绝了：请直接打开本站再操作。',
    http_404: '没有找到，可能已经删除或者链接不对。',
    http_403: '您没有这项权限。需要的话请联系组织者。',
    http_413: '内容太大，服务器没有接收。',
    http_429: '操作太快了，请等 {wait} 秒再试。',
  },
}

export default words

declare module '@/i18n/messages' {
  interface Dictionary {
    common: typeof words
  }
}
