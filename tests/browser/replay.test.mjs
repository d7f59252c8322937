// A replay is trimmed, given chapters, captions and a poster, and hidden: on the desk of the lecturer, seen on a phone.
// Cost: 36 s, light.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cast, DEMO } from '../harness/cast.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { edgePast, end, goLive, plan, publish } from '../harness/lessons.mjs';
import { REPLAY, says, signIn, watch } from '../harness/pages.mjs';
import { browser, DESK, open, picture } from '../harness/phone.mjs';
import { until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

/** The trim: about seven seconds from inside one segment into another. */
const IN_MS = 5_000;
const OUT_MS = 12_000;
/** What a report may cut off at the end, and a busy machine lose while it starts. */
const LOST_MS = 1_500;

const SRT = `1\r\n00:00:00,000 --> 00:00:04,000\r\n已经剪掉\r\n\r\n2\r\n00:00:04,500 --> 00:00:20,000\r\n<b>大家好</b>\r\n`;

test('a replay is edited', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, account, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage, { title: '回放怎么剪' });
  const publisher = await publish(t, lecturer, lesson, { title: '回放怎么剪' });
  await goLive(lecturer, lesson);
  const live = await near.lease(lesson);
  for (const ms of [8_000, 15_000]) await edgePast(near, lesson, ms);
  await end(lecturer, lesson);
  await publisher.stop('SIGKILL');

  const chrome = await browser();
  t.after(() => chrome.close());
  const desk = await open(chrome, yunke, DESK);
  const phone = await open(chrome, yunke);
  const button = (name) => desk.getByRole('button', { name, exact: true });
  const time = (page) => page.evaluate(() => document.querySelector('video').currentTime);

  await t.test('the lecturer trims it, where the picture stands and by typing', async () => {
    await signIn(desk, DEMO.lecturer, `/studio/lessons/${lesson}/replay`);
    await until('the picture', () => desk.evaluate(() => document.querySelector('video')?.readyState >= 2), { within: 20_000 });
    await desk.evaluate((at) => (document.querySelector('video').currentTime = at), IN_MS / 1000);
    await until('the position to be read', async () => {
      await button(REPLAY.inHere).click();
      return Math.abs((await desk.getByLabel(REPLAY.in).inputValue()).replace('0:', '') * 1000 - IN_MS) < 300;
    });
    await desk.getByLabel(REPLAY.in).fill('0:05');
    await desk.getByLabel(REPLAY.out).fill('0:04');
    await says(desk, REPLAY.reversed);
    assert.ok(await button(REPLAY.saveTrim).isDisabled());
    await desk.getByLabel(REPLAY.out).fill('0:12');
    await button(REPLAY.saveTrim).click();
    await says(desk, REPLAY.saved);
    const { in_ms: first, out_ms: last } = await near.get(`/api/lessons/${lesson}/replay`);
    assert.deepEqual([first, last], [IN_MS, OUT_MS]);
  });

  await t.test('chapters, captions and a poster', async () => {
    for (const [at, title] of [
      [2_000, '开场'],
      [5_500, '第一部分'],
      [9_000, '第二部分'],
    ])
      await lecturer.post(`/api/studio/lessons/${lesson}/chapters`, { title, at_ms: at });
    await desk.reload();
    await says(desk, /第二部分/);
    await until('the picture', () => desk.evaluate(() => document.querySelector('video')?.readyState >= 2), { within: 20_000 });
    await desk.setInputFiles(REPLAY.captionsFile, {
      name: '坏.srt',
      mimeType: 'text/plain',
      buffer: Buffer.from('1\n00:00:01,000 --> 后来\n字'),
    });
    await says(desk, REPLAY.captionsLine2);
    await desk.setInputFiles(REPLAY.captionsFile, {
      name: '字幕.srt',
      mimeType: 'application/x-subrip',
      buffer: Buffer.from(`\uFEFF${SRT}`),
    });
    await says(desk, REPLAY.captionsSaved);
    await button(REPLAY.takePoster).click();
    await says(desk, REPLAY.posterSaved);
    await until('the poster to show', () =>
      desk.evaluate(() => [...document.images].some((image) => image.src.includes('/poster') && image.naturalWidth > 0)),
    );
    await picture(desk, 'replay-desk');
    // The refused file is an error in the console, and no other.
    assert.deepEqual(
      desk.faults.filter((fault) => !fault.includes('422')),
      [],
    );
  });

  await t.test('what is cut is not to be had, with old leases neither', async () => {
    const { replay_url: address, lease } = await near.lease(lesson);
    const list = await playlist(beside(address, 'video.m3u8'));
    const { zero_at: zero } = await near.get(`/api/lessons/${lesson}`);
    assert.ok(list.segments.length > 0 && list.segments.length < 7, `${list.segments.length} segments`);
    const whole = (await lecturer.post(`/api/studio/lessons/${lesson}/preview`, {})).replay_url;
    const all = await playlist(beside(whole, 'video.m3u8'));
    const kept = new Set(list.segments.map(({ uri }) => uri));
    const cut = all.segments.filter(({ uri }) => !kept.has(uri));
    assert.ok(cut.length >= 3, `${cut.length} segments are cut`);
    for (const { uri } of cut) assert.equal((await fetch(beside(address, uri))).status, 404);
    for (const path of [
      `/replay/${lease}/${lesson}/0-/index.m3u8`,
      `/replay/${live.lease}/${lesson}/0-/index.m3u8`,
      `/replay/${live.lease}/${lesson}/5000-12000/index.m3u8`,
    ])
      assert.equal((await fetch(new URL(path, address))).status, 403, path.slice(-24));
    assert.ok(zero > 0);
  });

  await t.test('a member plays it from the in point to the out point, and that is all of it', async () => {
    await signIn(phone, account(near));
    await until('the poster on the first page', () =>
      phone.evaluate(() => [...document.images].some((image) => image.src.includes('/poster') && image.naturalWidth > 0)),
    );
    await picture(phone, 'replay-home-phone');
    await watch(phone, lesson);
    // The jump to the in point moves the clock, too: wait for what was played.
    const from = await until('something to be played', () =>
      phone.evaluate(() => {
        const { played } = document.querySelector('video');
        return played.length > 0 && String(played.start(0));
      }),
    );
    // The first segment of the playlist begins at most two seconds before the in point.
    assert.ok(from <= 2.1, `began at ${from} s of the element`);
    await phone.getByRole('button', { name: REPLAY.captionsZh, exact: true }).click();
    const cue = await until('a caption to show', () =>
      phone.evaluate(() => [...(document.querySelector('video').textTracks[0]?.activeCues ?? [])].map((one) => one.text)[0]),
    );
    assert.equal(cue, '大家好');
    await picture(phone, 'replay-edited-phone');
    await says(phone, REPLAY.over, { within: 20_000 });
    const progress = await until(
      'full credit',
      async () => {
        const now = await near.get(`/api/lessons/${lesson}/progress`);
        return now.credit === 'full' && now;
      },
      { within: 20_000 },
    );
    assert.equal(progress.lesson_ms, OUT_MS - IN_MS);
    assert.ok(progress.counted_ms >= OUT_MS - IN_MS - LOST_MS, JSON.stringify(progress));
    const { items } = await near.get('/api/me/records');
    const pieces = items.find((item) => item.lesson_id === lesson).counted;
    assert.ok(pieces[0].from_ms >= IN_MS - 100, JSON.stringify(pieces));
    assert.ok(pieces.at(-1).to_ms <= OUT_MS + 1_000, JSON.stringify(pieces));
  });

  await t.test('a tap on a chapter goes there, and those that are cut are not there', async () => {
    await watch(phone, lesson);
    await says(phone, /第一部分/);
    assert.doesNotMatch(await phone.innerText('body'), /开场/);
    const before = await time(phone);
    await phone.getByRole('button', { name: /第二部分/ }).click();
    await until('the jump', async () => (await time(phone)) > before + 2);
    assert.ok((await time(phone)) < 7.5, 'not past the chapter');
    assert.deepEqual(phone.faults, []);
  });

  await t.test('hidden, it says so, and what was learned stays', async () => {
    await desk.getByRole('switch', { name: REPLAY.hide }).click();
    await until('it to be hidden', async () => (await near.get(`/api/lessons/${lesson}`)).replay_hidden);
    await phone.goto(`/lessons/${lesson}`);
    await says(phone, REPLAY.hidden);
    await picture(phone, 'replay-hidden-phone');
    assert.equal((await near.get(`/api/lessons/${lesson}/progress`)).credit, 'full');
    assert.ok((await lecturer.lease(lesson)).replay_url, 'staff see it');
  });
});
