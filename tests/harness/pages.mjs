// What people do on the pages. The only place of the tests that knows their words.

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

export async function signIn(page, { phone, password }, to = '/') {
  await page.goto(`/sign-in?to=${encodeURIComponent(to)}`);
  await page.getByLabel(WORDS.phone).fill(phone);
  await page.getByLabel(WORDS.password, { exact: true }).fill(password);
  await page.getByRole('button', { name: WORDS.signIn, exact: true }).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
}

/** Counts what really plays in the page, for comparison with what is credited. */
function recordPlaying() {
  const record = (window.__played ??= { ms: 0, last: new WeakMap() });
  setInterval(() => {
    for (const media of document.querySelectorAll('video, audio')) {
      const before = record.last.get(media);
      record.last.set(media, media.currentTime);
      const step = (media.currentTime - before) * 1000;
      if (before !== undefined && !media.paused && !media.seeking && step > 0 && step < 400) record.ms += step;
    }
  }, 100);
}

/** Opens a lesson and taps play; back when the clock of the medium runs. */
export async function watch(page, lesson) {
  await page.goto(`/lessons/${lesson}`);
  await page.evaluate(recordPlaying);
  await page.getByRole('button', { name: WORDS.play }).first().click();
  await plays(page);
}

/** Milliseconds of media the page has played since it was opened. */
export const playedMs = (page) => page.evaluate(() => window.__played.ms);

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
