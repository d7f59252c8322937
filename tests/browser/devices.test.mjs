// The booth's camera and microphone when something is wrong with them: each has its words and a way out. And the word for
// how loud the lecturer is.
// Cost: 26 s, light.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cast } from '../harness/cast.mjs';
import { plan } from '../harness/lessons.mjs';
import { BOOTH } from '../harness/pages.mjs';
import { browser, DESK, FAKE_CAMERA, open, picture } from '../harness/phone.mjs';
import { until } from '../harness/wait.mjs';
import { voice } from '../harness/voice.mjs';
import { Yunke } from '../harness/yunke.mjs';

/** Loudest moments of a voice in dBFS, and the word for it; what goes over full scale is clipped. */
const VOICES = { whisper: [-52, BOOTH.levelQuiet], shout: [18, BOOTH.levelClipping], nothing: [-120, BOOTH.levelSilent] };

/** In the page: the camera is busy once, and what was given can be taken away. */
function fragile() {
  const { mediaDevices } = navigator;
  const given = mediaDevices.getUserMedia.bind(mediaDevices);
  window.tracks = [];
  window.refuse = [];
  mediaDevices.getUserMedia = async (wanted) => {
    const name = wanted.video && window.refuse.at(-1);
    if (name) throw new DOMException('', name);
    const stream = await given(wanted);
    window.tracks.push(...stream.getTracks());
    return stream;
  };
  /** As the system does it when a device goes. */
  window.takeAway = (kind) => {
    const track = window.tracks.findLast((one) => one.kind === kind);
    track.stop();
    track.dispatchEvent(new Event('ended'));
  };
}

test('devices of the booth', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'yunke-voices-'));
  t.after(() => rm(folder, { recursive: true }));
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage);
  const permissions = ['camera', 'microphone'];
  const booth = async (t, flags, { shape = { permissions }, script } = {}) => {
    const chrome = await browser(flags);
    t.after(() => chrome.close());
    const page = await open(chrome, yunke, { ...DESK, ...shape });
    page.on('dialog', (dialog) => dialog.accept());
    if (script) await page.addInitScript(script);
    const [name, value] = lecturer.cookie.split('=');
    await page.context().addCookies([{ name, value, url: yunke.url }]);
    await page.goto(`/studio/lessons/${lesson}/booth`);
    return page;
  };
  const troubles = (page, ...patterns) =>
    until(`${patterns.join(' and ') || 'no trouble'} on the page`, async () => {
      const said = await page.locator('[data-trouble]').allInnerTexts();
      return said.length === patterns.length && patterns.every((pattern, n) => pattern.test(said[n]));
    });
  const moves = (page) =>
    until('the picture to move', () => page.evaluate(() => (document.querySelector('video')?.currentTime ?? 0) > 0.3), { within: 20_000 });
  const again = (page) => page.locator('[data-trouble]').first().getByRole('button', { name: BOOTH.again }).click();

  for (const [name, [dbfs, word]] of Object.entries(VOICES)) {
    await t.test(`a ${name} is called ${word}`, async (t) => {
      const page = await booth(t, [...FAKE_CAMERA, await voice(join(folder, `${name}.wav`), dbfs)]);
      await until(word, async () => (await page.locator('[data-level]').innerText()) === word, { within: 20_000 });
    });
  }

  await t.test('who says no is told where to say yes, and then it goes on', async (t) => {
    const page = await booth(t, ['--use-fake-device-for-media-stream'], { shape: { permissions: [] } });
    await page.getByRole('button', { name: BOOTH.permit }).click();
    await troubles(page, /不允许用摄像头.*改为允许/s, /不允许用麦克风.*改为允许/s);
    await picture(page, 'booth-denied');
    await page.context().grantPermissions(permissions, { origin: yunke.url });
    await again(page);
    await moves(page);
    await troubles(page, /不允许用麦克风/);
    await again(page);
    await troubles(page);
  });

  await t.test('a computer without camera and microphone', async (t) => {
    const page = await booth(t, []);
    await troubles(page, /没有找到摄像头.*插上/s, /没有找到麦克风.*插上/s);
  });

  await t.test('a camera that is busy, then taken away, then forbidden', async (t) => {
    const page = await booth(t, FAKE_CAMERA, { script: fragile });
    await moves(page);
    const take = (name) => page.evaluate((name) => (window.refuse = name ? [name] : []), name);
    for (const [error, words] of [
      ['NotFoundError', /摄像头断开了.*自动接着用/s],
      ['NotReadableError', /别的程序占用/],
      ['NotAllowedError', /不允许用摄像头/],
    ]) {
      await take(error);
      await page.evaluate(() => window.takeAway('video'));
      await troubles(page, words);
      await take(null);
      if (error === 'NotFoundError') await page.evaluate(() => navigator.mediaDevices.dispatchEvent(new Event('devicechange')));
      else await again(page);
      await troubles(page);
      await moves(page);
    }
    // One that is there takes the place of the one that went, and the page says so.
    await page.evaluate(() => window.takeAway('audio'));
    await until('the other microphone', async () => BOOTH.replaced.test(await page.innerText('body')));
  });
});
