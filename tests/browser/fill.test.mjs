// A recording with a hole in it: the lecturer fills it from a file, on the page; a phone plays what was missing.
// Cost: 52 s, light.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { cast, DEMO } from '../harness/cast.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { edgePast, end, goLive, plan, publish } from '../harness/lessons.mjs';
import { FILL, says, signIn, watch } from '../harness/pages.mjs';
import { browser, DESK, open, picture } from '../harness/phone.mjs';
import { until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const run = promisify(execFile);
/** What the other camera saw: nothing else here is of this colour. */
const BLUE = [32, 96, 192];
const AWAY_MS = 4_500;
const BEFORE_MS = 2_000;

test('a gap is filled from a file', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true, env: { YUNKE_MEDIA__TRANSCODE_SLOTS: '1' } });
  const { organizer, lecturer, near, account, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage, { title: '断了线也不怕' });
  const at = `/api/studio/lessons/${lesson}`;
  const camera = { size: 'hd', fps: 25, kbps: 1200 };
  const first = await publish(t, lecturer, lesson, camera);
  await goLive(lecturer, lesson);
  await edgePast(near, lesson, 5_000);
  await first.stop('SIGKILL');
  await until('the lecturer to be away', async () => {
    const { outage_since: since } = await lecturer.get(at);
    return since && Date.now() - since > AWAY_MS;
  }, { within: 15_000 });
  await publish(t, lecturer, lesson, camera);
  const gap = await until('the gap to close', async () => (await near.get(`/api/lessons/${lesson}`)).gaps[0], { within: 15_000 });
  await edgePast(near, lesson, gap.to_ms + 4_000);
  await end(lecturer, lesson);

  const video = async () => playlist(beside((await near.lease(lesson)).replay_url, 'video.m3u8'));
  const { zero_at: zero, gaps: [hole] } = await until('the gap to be told', async () => {
    const told = await lecturer.get(`${at}/fills`);
    return told.gaps.length > 0 && told;
  });
  const before = { video: await video(), progress: await near.get(`/api/lessons/${lesson}/progress`) };
  assert.ok(before.video.gaps > 0);
  const startsAt = zero + hole.from_ms - BEFORE_MS;
  // Named as the booth names its copies.
  const file = join(yunke.folder, `${lesson}-${startsAt}.mp4`);
  const source = ['-f', 'lavfi', '-i', 'color=0x2060C0:s=640x360:r=25', '-f', 'lavfi', '-i', 'sine=f=300:r=48000'];
  await run('ffmpeg', ['-v', 'error', '-y', ...source, '-t', '20', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', file]);
  const text = join(yunke.folder, 'notes.webm');
  await writeFile(text, 'no recording');

  const chrome = await browser();
  t.after(() => chrome.close());
  const desk = await open(chrome, yunke, DESK);
  desk.on('request', (request) => {
    const pass = new URL(request.url()).pathname.match(/^\/fill\/(.+)$/);
    if (pass) yunke.secret('file pass', pass[1]);
  });
  const card = () => desk.getByRole('region', { name: FILL.title });
  const button = (name) => card().getByRole('button', { name });
  const choose = (path) => card().locator('input[type=file]').setInputFiles(path);

  await t.test('a wrong file is called by its name, and nothing stays of it', async () => {
    await signIn(desk, DEMO.lecturer, `/studio/lessons/${lesson}`);
    await says(desk, FILL.missing);
    await picture(desk, 'fill-empty');
    await choose(text);
    await says(desk, FILL.noPreview);
    await button(FILL.send).click();
    await says(desk, FILL.notARecording);
    await picture(desk, 'fill-error');
    await until('it to be gone', async () => (await lecturer.get(`${at}/fills`)).fills.length === 0);
  });

  await t.test('the page says what will be filled, and where a file does not fit', async () => {
    await choose(file);
    await says(desk, FILL.would);
    const starts = card().locator('input[type=datetime-local]');
    const told = await starts.inputValue();
    await starts.fill('2026-01-01T12:00:00.000');
    await says(desk, FILL.noOverlap);
    assert.ok(await button(FILL.send).isDisabled());
    await starts.fill(told);
    await says(desk, FILL.would);
    await picture(desk, 'fill-chosen');
  });

  await t.test('it is sent, paused, and goes on; a piece that is lost is sent again', async () => {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    let pieces = 0;
    await desk.route(/\/fill\//, async (route) => {
      if (route.request().method() !== 'PATCH') return route.continue();
      pieces += 1;
      if (pieces === 1) await held;
      if (pieces <= 2) return route.abort();
      return route.continue();
    });
    await button(FILL.send).click();
    await says(desk, FILL.sending);
    await picture(desk, 'fill-sending');
    await button(FILL.pause).click();
    await says(desk, FILL.paused);
    release();
    await button(FILL.send).click();
    await says(desk, FILL.ready, { within: 60_000 });
    assert.ok(pieces >= 3, `${pieces} pieces`);
    await desk.unroute(/\/fill\//);
    await picture(desk, 'fill-done');
    const now = await video();
    assert.equal(now.gaps, 0);
    assert.deepEqual(now.segments.map((one) => one.at), before.video.segments.map((one) => one.at));
    assert.equal((await near.get(`/api/lessons/${lesson}`)).gaps.length, 1, 'evidence keeps the gap');
  });

  await t.test('a phone plays what was missing, and with 流畅 it is small there, too', async () => {
    const phone = await open(chrome, yunke);
    await signIn(phone, account(near));
    await watch(phone, lesson);
    const seen = () => phone.evaluate(() => {
      const medium = document.querySelector('video');
      const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
      const paint = canvas.getContext('2d');
      paint.drawImage(medium, medium.videoWidth / 2, medium.videoHeight / 2, 1, 1, 0, 0, 1, 1);
      return { at: medium.currentTime * 1000, height: medium.videoHeight, colour: [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3) };
    });
    for (const [quality, lines] of [['高清', 720], ['流畅', 360]]) {
      await phone.getByRole('group', { name: '画质' }).getByRole('button', { name: quality, exact: true }).click();
      // Opened again, nothing is left of what was fetched before.
      await watch(phone, lesson);
      await phone.evaluate((to) => (document.querySelector('video').currentTime = to), hole.from_ms / 1000 - 1);
      const blue = [];
      const times = await until(`the other camera for two seconds, ${quality}`, async () => {
        const { at: position, height, colour } = await seen();
        if (height === lines && colour.every((value, n) => Math.abs(value - BLUE[n]) < 24)) blue.push(position);
        return blue.length > 1 && blue.at(-1) - blue[0] > 2_000 && blue;
      }, { within: 30_000 });
      assert.ok(times.every((ms) => ms > hole.from_ms - 300 && ms < hole.to_ms + 300), `${times} of ${JSON.stringify(hole)}`);
      await picture(phone, `fill-phone-${lines}`);
      await until('what came after', async () => (await seen()).at > hole.to_ms + 1_500, { within: 20_000 });
    }
    assert.deepEqual(phone.faults, []);
    const now = await near.get(`/api/lessons/${lesson}/progress`);
    assert.equal(now.lesson_ms, before.progress.lesson_ms, 'the lesson is no longer than it was');
  });

  await t.test('the recording as one file has the lesson’s length', async () => {
    await lecturer.post(`${at}/mp4`, {});
    await until('the file', async () => (await lecturer.get(`${at}/mp4`)).stage === 'ready', { within: 30_000 });
    const answer = await lecturer.raw('GET', `${at}/mp4/file`);
    assert.equal(answer.status, 303);
    const to = answer.headers.get('location');
    yunke.secret('file pass', to.split('/').at(-2));
    const target = join(yunke.folder, 'lesson.mp4');
    await writeFile(target, Buffer.from(await (await fetch(to)).arrayBuffer()));
    const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', target]);
    const { length_ms: length } = await near.get(`/api/lessons/${lesson}`);
    assert.ok(Math.abs(Number(stdout) * 1000 - length) < 300, `${stdout} s of ${length} ms`);
    await run('ffmpeg', ['-v', 'error', '-xerror', '-i', target, '-f', 'null', '-']);
  });

  await t.test('withdrawn, it is as it was', async () => {
    await button(FILL.withdraw).click();
    await desk.getByRole('dialog').getByRole('button', { name: FILL.withdraw }).click();
    await says(desk, FILL.missing);
    await until('the gap to be back', async () => (await video()).gaps === before.video.gaps);
  });
});
