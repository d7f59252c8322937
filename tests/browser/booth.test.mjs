// The booth: a lecturer gives a lesson from Chromium with its fake camera, and whatever breaks comes back by itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cast, DEMO } from '../harness/cast.mjs';
import { edgePast, plan } from '../harness/lessons.mjs';
import { BOOTH, plays, says, signIn, watch, WORDS } from '../harness/pages.mjs';
import { pdf } from '../harness/pdf.mjs';
import { browser, DESK, FAKE_CAMERA, open, picture } from '../harness/phone.mjs';
import { timed, until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const BACK_MS = 5_000;
/** The ground of the pages of `pdf()`, and of a picture with nothing on it. */
const PAGE = [255, 230, 204];
const DARK = [20, 18, 17];

/** Is the middle of the left edge of the page's video of this colour, as well as an encoder keeps it? */
const shows = (page, colour) =>
  until(`a picture of ${colour}`, () =>
    page.evaluate((wanted) => {
      const video = document.querySelector('video');
      const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
      const paint = canvas.getContext('2d');
      paint.drawImage(video, video.videoWidth * 0.03, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
      return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3).every((value, n) => Math.abs(value - wanted[n]) < 16);
    }, colour),
  { within: 20_000 });

test('the booth', async (t) => {
  const chrome = await browser(FAKE_CAMERA);
  t.after(() => chrome.close());
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, account, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage, { title: '邻里调解：从一张板凳说起' });
  const studio = () => lecturer.get(`/api/studio/lessons/${lesson}`);
  const desk = await open(chrome, yunke, { ...DESK, permissions: ['camera', 'microphone'] });
  const codecs = await desk.evaluate(() => RTCRtpSender.getCapabilities('video').codecs.map((codec) => codec.mimeType));
  if (!codecs.includes('video/H264')) return t.skip('this Chromium sends no H.264');
  desk.on('dialog', (dialog) => dialog.accept());
  desk.on('response', async (response) => {
    const granted = /\/api\/.*\/booth$/.test(response.url()) && response.ok();
    const { pass } = granted ? await response.json().catch(() => ({})) : {};
    if (pass) yunke.secret('pass', pass);
    const session = response.headers().location?.match(/^\/whip\/(.+)$/);
    if (session) yunke.secret('session', session[1]);
  });
  const phone = await open(chrome, yunke);
  const sends = (pattern, within = 20_000) =>
    until(`the booth to say ${pattern}`, async () => pattern.test(await desk.locator('[data-sending]').innerText()), { within });
  const onAir = async () => {
    const { publisher, outage_since: outage } = await studio();
    return publisher?.video && publisher.last_media_at > Date.now() - 1_500 && !outage;
  };

  await t.test('the lecturer sees a picture, hears of the sound, and nobody else does', async () => {
    await signIn(desk, DEMO.lecturer, `/studio/lessons/${lesson}`);
    await desk.getByRole('link', { name: BOOTH.open }).click();
    await until('the picture to move', () => desk.evaluate(() => (document.querySelector('video')?.currentTime ?? 0) > 0.5), { within: 20_000 });
    await until('a word for the sound', async () => BOOTH.level.test(await desk.locator('[data-level]').innerText()));
    t.diagnostic(`the microphone: ${await desk.locator('[data-level]').innerText()}`);
    await sends(BOOTH.rehearsal);
    const seen = await until('picture and sound', async () => {
      const now = await studio();
      return now.publisher?.transport === 'whip' && now.publisher.video && now.publisher.audio && now;
    }, { within: 20_000 });
    assert.equal(seen.key_set, false, 'no stream key was made');
    assert.equal((await near.get(`/api/lessons/${lesson}`)).on_air, 'waiting');
    await picture(desk, 'booth-rehearsal');
  });

  const slides = desk.getByRole('region', { name: BOOTH.slides });
  const give = (name, buffer) => slides.locator('input[type=file]').setInputFiles({ name, mimeType: 'application/pdf', buffer });
  const onPage = (n) => until(`page ${n}`, async () => (await slides.getByRole('spinbutton').inputValue()) === String(n));
  await t.test('what is no usable PDF is called by its name', async () => {
    const bad = { 'lesson.ppt': ['hello', /不是 PDF/], 'broken.pdf': ['%PDF-1.4 and no more', /已损坏/], 'none.pdf': [pdf([]), /一页也没有/], 'locked.pdf': [pdf(['密'], { encrypted: true }), /设了密码/] };
    for (const [name, [content, words]] of Object.entries(bad)) {
      await give(name, Buffer.from(content));
      await until(`words for ${name}`, async () => words.test(await slides.getByRole('alert').innerText()));
    }
  });

  await t.test('pages of a PDF are shown, turned by a clicker, covered and shown again', async () => {
    await give('邻里调解.pdf', pdf(['邻里调解：从一张板凳说起', '先听，再说', '谢谢大家']));
    await onPage(1);
    await shows(desk, PAGE);
    await desk.keyboard.press('PageDown');
    await onPage(2);
    await desk.keyboard.press('b');
    await shows(desk, DARK);
    await desk.keyboard.press('b');
    await shows(desk, PAGE);
    await picture(desk, 'booth-slides');
  });

  await t.test('it counts down and starts; a phone plays the lesson and is counted', async () => {
    await desk.getByRole('button', { name: WORDS.start }).click();
    await until('the count-down', () => desk.getByRole('button', { name: BOOTH.notYet }).isVisible());
    await picture(desk, 'booth-count');
    await sends(BOOTH.live);
    await until('the lesson to run', async () => (await studio()).lesson.zero_at !== null);
    await signIn(phone, account(near));
    await watch(phone, lesson);
    await until('one viewer', async () => (await studio()).viewers_now === 1, { within: 20_000 });
    await shows(phone, PAGE);
    await edgePast(near, lesson, 4_000);
    await picture(desk, 'booth');
  });

  const zero = async () => (await studio()).lesson.zero_at;
  await t.test('a reload goes back on air by itself, into the same lesson', async () => {
    const before = await zero();
    await desk.reload();
    const { ms } = await timed(async () => {
      await sends(BOOTH.live);
      await until('media to arrive', onAir);
    });
    t.diagnostic(`back on air ${Math.round(ms)} ms after the page was back`);
    assert.ok(ms < BACK_MS, `${ms} ms`);
    assert.equal(await zero(), before);
    await onPage(2);
    await shows(desk, PAGE);
    await plays(phone, { within: 20_000 });
  });

  await t.test('a media service that is killed is found again', async () => {
    const before = await zero();
    const killed = performance.now();
    await yunke.killMedia();
    await yunke.media();
    await until('it to answer', async () => (await fetch(`${yunke.mediaUrl}/health`)).status > 0, { within: 20_000 });
    const up = performance.now();
    await until('media to arrive', onAir, { within: 20_000 });
    const back = performance.now();
    t.diagnostic(`away for ${Math.round(back - killed)} ms; on air ${Math.round(back - up)} ms after media was up`);
    assert.ok(back - up < BACK_MS, `${back - up} ms`);
    await sends(BOOTH.live);
    assert.equal(await zero(), before);
    await plays(phone, { within: 20_000 });
  });

  await t.test('a second page does not disturb the first', async () => {
    const second = await desk.context().newPage();
    second.on('dialog', (dialog) => dialog.accept());
    await second.goto(`/studio/lessons/${lesson}/booth`);
    await until('the second page to be told', async () => BOOTH.taken.test(await second.locator('[data-sending]').innerText()), { within: 20_000 });
    assert.ok(await onAir());
    await second.close();
  });

  await t.test('the lecturer ends it after being asked once, and the replay stands', async () => {
    await desk.getByRole('button', { name: WORDS.end, exact: true }).click();
    await desk.getByRole('button', { name: WORDS.endYes }).click();
    const ended = await until('the replay', async () => {
      const seen = await near.get(`/api/lessons/${lesson}`);
      return seen.phase === 'ended' && seen.replay_ready && seen;
    }, { within: 20_000 });
    assert.ok(ended.length_ms > 10_000, `${ended.length_ms} ms`);
    await says(desk, /辛苦了/);
    await until('the seat to be free', async () => (await studio()).publisher === null);
    assert.deepEqual(desk.faults.filter((fault) => !/ERR_CONNECTION|status of (404|409|503)|blocked by CORS|ERR_FAILED/.test(fault)), []);
  });
});
