// What people do on the pages. The only place of the tests that knows their words.

import { follow } from './played.mjs';
import { until } from './wait.mjs';

export const WORDS = {
  phone: '手机号',
  password: '密码',
  signIn: '登录',
  play: /^播放(回放)?$/,
  soundOnly: '仅听声音',
  away: /讲师那边断开了/,
  learned: /已有效学习\s*(\d+)\s*分钟，还差\s*(\d+)\s*分钟/,
  start: '开始上课',
  end: '下课',
  endYes: '确定下课',
};

/** From an empty server to the first sheet. */
export const BEGIN = {
  centre: '中心名称',
  organizer: '组织者姓名',
  again: '再输入一次密码',
  create: '创建中心',
  console: '进入工作台',
  steps: /开始使用/,
  add: '添加人员',
  name: '姓名',
  newBranch: '新支部名称',
  addDo: '添加',
  slips: /^登录条/,
  plan: '安排课程',
  planDo: '安排',
  link: '短链接',
  ownPassword: /设一个自己的密码/,
  newPassword: '新密码',
  savePassword: '保存新密码',
  startEarly: '现在开始',
  xlsx: '导出 XLSX',
  excuse: '记为请假',
  excuseReason: '原因（可以不填）',
  savePoster: '保存图片',
  renew: '停用这个链接，换一个新的',
  renewYes: '停用，换新链接',
  revoked: /这个链接已经停用/,
  makeUp: /补看回放/,
};

/** The year, for organizers and members. */
export const REPORTS = { year: /· 20\d\d 年/, copy: '复制图片', own: /还可以补课/, data: '下载我的数据' };

/** The booth's. */
export const BOOTH = {
  open: '打开演播室',
  slides: '课件',
  levelGood: '声音正常',
  levelQuiet: '声音太小',
  levelClipping: '声音破音',
  levelSilent: '没有声音',
  permit: '打开摄像头和麦克风',
  again: '再试一次',
  replaced: /原来的麦克风断开了，已换用/,
  rehearsal: /现在只有您看得到/,
  live: /学员看得到您/,
  taken: /正由另一台设备送出/,
  notYet: '先不开始',
  lost: /与服务器的连接断开/,
  lossy: /路上丢了很多数据/,
  recording: /正在录：/,
  download: '下载',
  remove: '删除',
};

/** Of questions and private notes, on all three pages. */
export const TALK = {
  question: '想问什么？',
  send: '发给老师',
  kept: /还没有送到/,
  received: '已收到',
  answer: (text) => `已回答: ${text}`,
  answered: /老师已回答/,
  note: '写给讲师',
  write: '发给讲师',
  gotIt: '知道了',
  unread: /未读/,
  read: /已读/,
};

/** The page on which rosters are imported. */
export const ROSTER = { open: '导入名册', confirm: '确认导入', undo: '撤销导入' };

/** The replay's, on the desk and on the phone. */
export const REPLAY = {
  in: '起点',
  out: /^终点/,
  inHere: '从这里开始',
  reversed: /终点要比起点晚/,
  saveTrim: '保存裁剪',
  saved: /学员现在看到 0:07/,
  captionsFile: 'input[accept*=".srt"]',
  captionsLine2: /第 2 行/,
  captionsSaved: /已保存 2 条字幕/,
  captionsZh: '中文',
  takePoster: '用现在的画面',
  posterSaved: /封面已保存/,
  over: /课程已结束|看回放/,
  hide: '暂不开放',
  hidden: /回放暂未开放/,
};

/** The card with which gaps are filled. */
export const FILL = {
  title: '补录',
  missing: /回放里的空缺/,
  noPreview: /这个浏览器放不了这个文件/,
  would: /将补上 0:/,
  noOverlap: /没有覆盖任何空缺/,
  notARecording: /这不是 WebM 或 MP4 录像文件/,
  send: /^上传（/,
  sending: /正在上传/,
  pause: '暂停',
  paused: /% ?停了/,
  ready: /已补上/,
  withdraw: '撤回',
  use: '用它补上中断',
};

/** Listening, and the organizer's side of it. */
export const LIBRARY = {
  listen: '听课',
  add: '新建系列',
  addDo: '建立',
  name: '系列名称',
  public: '所有登录的人都能听',
  junk2: /跳过了 2 个系统自带的文件/,
  titleOf: (file) => `题目：${file}`,
  selectAll: '选中可以上架的',
  publishNow: '现在上架',
  playOf: (title) => `播放：${title}`,
  goOnOf: (title) => `继续听：${title}`,
  open: /^打开播放器：/,
  play: '播放',
  pause: '暂停',
  allSeries: '全部系列',
  leaveTitle: /文件还在上传/,
  leaveStay: '留在这里',
  editOf: (title) => `修改：${title}`,
  notAudio: /这不是音频或视频文件/,
  withdraw: '下架',
  restore: '重新上架',
  close: '关闭',
  withdrawn: /这一集已经下架/,
  enqueue: '加入队列',
  enqueued: '已在队列里',
  curveOf: (title) => `听到哪里：${title}`,
  stopped: /在 0:\d\d 附近少了 1 人/,
  csv: '导出 CSV',
};

export async function signIn(page, { phone, password }, to = '/') {
  await page.goto(`/sign-in?to=${encodeURIComponent(to)}`);
  await page.getByLabel(WORDS.phone).fill(phone);
  await page.getByLabel(WORDS.password, { exact: true }).fill(password);
  await page.getByRole('button', { name: WORDS.signIn, exact: true }).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
}

/** Opens a lesson and taps play; back when the clock of the medium runs. */
export async function watch(page, lesson) {
  await follow(page, () => page.goto(`/lessons/${lesson}`));
  await page.getByRole('button', { name: WORDS.play }).first().click();
  await plays(page);
}

const position = (page) => page.evaluate(() => document.querySelector('video, audio')?.currentTime ?? -1);

/** Waits until the medium moves on from where it is. */
export async function plays(page, { within = 15_000 } = {}) {
  const from = await position(page);
  await until('the medium to play', async () => (await position(page)) > from + 0.3, { within });
}

/** Waits for a text on the page that satisfies `pattern`. */
export async function says(page, pattern, { within = 10_000 } = {}) {
  return until(`the page to say ${pattern}`, async () => (await page.innerText('body')).match(pattern), { within });
}
