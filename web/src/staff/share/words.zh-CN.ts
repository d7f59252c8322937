/** 分享一节课 */
const words = {
  link: '短链接',
  lead: '发到微信群或印在通知上。打开先看到是哪节课，登录后直接进入课堂。',
  here_only: '这个网址只在这台电脑上能打开。请用本机在局域网里的地址打开工作台，或请管理员设置 public_url，再分享。',
  copy: '复制',
  copied: '已复制',
  copy_failed: '没有自动复制（https 的网址才可以一键复制）。请选中后按 Ctrl+C，或在手机上长按复制。',
  copy_message: '复制整条通知',
  message: '【{title}】{when}，{lecturer}主讲。点开听课：{url}',
  see: '看学员页面',
  code: '“{title}”的二维码',
  who: '有链接的人能看到课程名称、讲师和时间；只有受邀支部的学员登录后才能听课。',
  poster: '海报',
  poster_lead: '一张可以直接发到群里的图片。手机上长按图片也能保存。',
  poster_alt: '海报：{title}，{when}，{lecturer}',
  poster_hint: '扫码或长按识别，进入课堂',
  lecturer: '主讲：{name}',
  save: '保存图片',
  pass: '发送图片',
  file: '海报-{title}',
  renew: '停用这个链接，换一个新的',
  renew_title: '停用这个链接？',
  renew_text: '发出去的链接、二维码和海报都会失效，打开时会提示向组织者要新的链接。不能恢复。学员的学时不受影响。',
  renew_yes: '停用，换新链接',
  radio: '喇叭和收音机',
  radio_lead: '村里的大喇叭、网络收音机和播放器可以直接放这节课的声音。上课时有声音，下课就停。不计学时。',
  radio_make: '给出播放地址',
  radio_url: '播放地址',
  radio_copy: '复制播放地址',
  radio_until: '到 {when} 前有效。拿到地址的人都能听，请只交给管喇叭的人。',
  radio_over: '课已经结束，没有可以播放的声音了。',
  renewed: '旧链接已停用。请用新的链接、二维码和海报。',
}

export default words

declare module '@/i18n/messages' {
  interface Dictionary {
    'staff.share': typeof words
  }
}
