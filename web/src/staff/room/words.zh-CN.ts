/** 传入的画面，讲师和组织者看。 */
const words = {
  label: '传入的画面',
  unsupported: '这个浏览器不能播放预览，请换用 Chrome 或 Edge',
  none: '还没有收到画面',
  none_do: '请在 OBS 或编码器里用推流设置开始推流。',
  waiting: '编码器已连接，正在等第一帧画面',
  sound_only: '只有声音，没有画面',
  opening: '正在打开预览',
  failed: '预览暂时打不开，正在重试',
  stalled: '画面中断 {time}',
  stalled_do: '学员看到“讲师那边断开了，马上回来”。请检查编码器和网线，恢复后会自动接上。',
  unmute: '打开预览的声音',
  mute: '关闭预览的声音',
}

export default words

declare module '@/i18n/messages' {
  interface Dictionary {
    'staff.room': typeof words
  }
}
