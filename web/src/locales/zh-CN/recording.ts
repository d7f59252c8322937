export default {
  queued: '排队中，前面还有别的任务……',
  mp4: {
    title: '下载录像（MP4）',
    text: '整节课合成一个 MP4 文件，可以在电视、电脑上离线播放。讲师中断的时间不在文件里。',
    make: '生成文件',
    again: '重新生成',
    running: '正在生成，已完成 {percent}%',
    fetch: '下载（{size}）',
  },
  failed: {
    nothing_recorded: '这节课没有录到内容。',
    recording_damaged: '录像文件有缺损，请联系运维人员。',
    too_long: '这节课太长，放不进一个文件。',
    replay_not_ready: '录像还没有整理好，请稍后再试。',
    storage: '存储暂时读写不了，请稍后再试。',
    unknown: '没有成功（{code}）。请重试；一直不行请联系运维人员。',
  },
  problem: {
    replay_not_ready: '录像还没有整理好，请稍后再试。',
    nothing_recorded: '这节课没有录到内容。',
    media_unavailable: '媒体服务暂时没有回应，正在自动恢复。请稍候再试。',
    busy: '任务太多，请稍后再试。',
  },
}
