// The library, from an organizer's folder of recordings to a member who goes on listening on another device.
// Cost: 60 s, light.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { stumbles } from '../harness/axe.mjs';
import { cast, DEMO } from '../harness/cast.mjs';
import { LIBRARY, plays, says, signIn } from '../harness/pages.mjs';
import { browser, DESK, open, PHONE, picture } from '../harness/phone.mjs';
import { until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const run = promisify(execFile);
const SMALL = { ...PHONE, viewport: { width: 360, height: 780 } };
/** Long enough to stop in the middle. */
const SECONDS = 40;
/** What a report may cut off at the end. */
const LOST_MS = 1_500;

/** A folder as it comes from a Mac: recordings of real speech, and what systems put beside them. */
async function recordings(t) {
  const folder = await mkdtemp(join(tmpdir(), 'yunke-library-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const text = join(folder, 'text');
  await writeFile(text, '同志们好，今天我们来讲一讲邻里之间怎么互相帮助。'.repeat(12));
  const speech = join(folder, 'speech.wav');
  await run('espeak-ng', ['-v', 'cmn', '-s', '140', '-f', text, '-w', speech]);
  const files = [];
  for (const name of ['第二讲 水井', '第一讲 板凳', '第十讲 大树']) {
    const file = join(folder, `${name}.mp3`);
    await run('ffmpeg', [
      '-v',
      'error',
      '-nostdin',
      '-stream_loop',
      '9',
      '-i',
      speech,
      '-t',
      String(SECONDS),
      '-c:a',
      'libmp3lame',
      '-b:a',
      '96k',
      file,
    ]);
    files.push(file);
  }
  for (const junk of ['._第一讲 板凳.mp3', '.DS_Store']) {
    await writeFile(join(folder, junk), 'x');
    files.push(join(folder, junk));
  }
  return files;
}

test('the library', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, near, near2, account } = await cast(yunke);
  const files = await recordings(t);
  const chrome = await browser();
  t.after(() => chrome.close());
  const desk = await open(chrome, yunke, DESK);
  const phone = await open(chrome, yunke, SMALL);
  const time = (page) => page.evaluate(() => document.querySelector('audio').currentTime);
  const button = (page, name) => page.getByRole('button', { name });
  let series;

  await t.test('an organizer makes a series, and a folder of recordings becomes episodes in their order', async () => {
    await signIn(desk, DEMO.organizer, '/console/library');
    await button(desk, LIBRARY.add).first().click();
    await desk.getByLabel(LIBRARY.name).fill('邻里三讲');
    await desk.getByLabel(LIBRARY.public).check();
    await button(desk, LIBRARY.addDo).click();
    await desk.waitForURL(/\/console\/library\/[0-9a-f-]{36}$/);
    series = desk.url().split('/').at(-1);
    await desk.locator('[data-files]').setInputFiles(files);
    await says(desk, LIBRARY.junk2);
    await until('three files to be ready', async () => (await desk.locator('[data-episode=ready]').count()) === 3, { within: 600_000 });
    const { episodes } = await organizer.get(`/api/console/library/series/${series}`);
    assert.deepEqual(
      episodes.map(({ title, number }) => [title, number]),
      [
        ['板凳', 1],
        ['水井', 2],
        ['大树', 10],
      ],
    );
    for (const { length_ms: length } of episodes) assert.ok(Math.abs(length - SECONDS * 1000) < 200, `${length} ms`);
    assert.deepEqual(await stumbles(desk), []);
    await picture(desk, 'library-console');
  });

  await t.test('what a tag or a name got wrong is corrected in the table, and published', async () => {
    const title = desk.getByLabel(LIBRARY.titleOf('第一讲 板凳.mp3'));
    await title.fill('一张板凳');
    await title.press('Enter');
    await until('the title to be kept', async () => {
      const { episodes } = await organizer.get(`/api/console/library/series/${series}`);
      return episodes[0].title === '一张板凳';
    });
    await desk.getByLabel(LIBRARY.selectAll).check();
    await button(desk, LIBRARY.publishNow).click();
    await until('three to be published', async () => (await desk.locator('[data-episode=published]').count()) === 3);
  });

  await t.test(
    'leaving while a file is on its way is asked about; a file that is none leaves the episode, which can be withdrawn',
    async () => {
      let release;
      let held = 0;
      const gate = new Promise((resolve) => (release = resolve));
      await desk.route('**/upload/**', async (route) => {
        held += 1;
        await gate;
        await route.continue();
      });
      await button(desk, LIBRARY.editOf('大树')).click();
      await desk
        .locator('[data-replace]')
        .setInputFiles({ name: '假的.mp3', mimeType: 'audio/mpeg', buffer: Buffer.from('这是一封信。'.repeat(500)) });
      await until('the upload to be held', () => held > 0);
      await desk.getByRole('link', { name: LIBRARY.allSeries }).click();
      await says(desk, LIBRARY.leaveTitle);
      await picture(desk, 'library-leaving');
      await button(desk, LIBRARY.leaveStay).click();
      assert.match(desk.url(), new RegExp(series));
      release();
      await desk.locator('[data-episode=failed]').waitFor({ timeout: 120_000 });
      await says(desk, LIBRARY.notAudio);
      await button(desk, LIBRARY.editOf('大树')).click();
      await button(desk, LIBRARY.withdraw).click();
      await button(desk, LIBRARY.restore).waitFor();
      await picture(desk, 'library-edit');
      await button(desk, LIBRARY.close).click();
      const { episodes } = await organizer.get(`/api/console/library/series/${series}`);
      await signIn(phone, account(near), `/listen/episodes/${episodes[2].id}`);
      await says(phone, LIBRARY.withdrawn);
      await picture(phone, 'listen-withdrawn');
      // The answer is 410, and the browser says so.
      phone.faults.length = 0;
    },
  );

  await t.test('what is queued in one tab is not lost by another', async () => {
    const { episodes } = await organizer.get(`/api/console/library/series/${series}`);
    const second = await phone.context().newPage();
    await second.goto(`${yunke.url}/listen/episodes/${episodes[1].id}`);
    await phone.goto(`/listen/episodes/${episodes[0].id}`);
    for (const [n, page] of [second, phone].entries()) {
      await button(page, LIBRARY.enqueue).click();
      await button(page, LIBRARY.enqueued).waitFor();
      // The page says so before the server has it.
      await until('it to be kept', async () => (await near.get('/api/library/queue')).episodes.length === n + 1);
    }
    const { episodes: queued } = await near.get('/api/library/queue');
    assert.deepEqual(
      queued.map(({ title }) => title),
      ['水井', '一张板凳'],
    );
    await near.call('PUT', '/api/library/queue', { episodes: [] });
    await second.close();
  });

  await t.test('a member plays it within two taps on a phone, and it counts', async () => {
    await phone.goto('/');
    await phone.getByRole('link', { name: LIBRARY.listen }).click();
    await button(phone, LIBRARY.playOf('一张板凳')).first().click();
    await plays(phone);
    await picture(phone, 'listen-shelf');
    await phone.getByRole('link', { name: LIBRARY.open }).click();
    await says(phone, LIBRARY.pause);
    assert.deepEqual(await stumbles(phone), []);
    await picture(phone, 'listen-episode');
    const bar = phone.locator('input[type=range]');
    const before = await time(phone);
    await bar.focus();
    await phone.keyboard.press('ArrowRight');
    await until('the slider to move on and stay', async () => (await time(phone)) >= before + 5);
    await plays(phone);
    await phone.waitForTimeout(4_000);
    assert.match(await bar.getAttribute('aria-valuetext'), /^\d+ 秒，共 40 秒$/);
    await button(phone, LIBRARY.pause).click();
  });

  await t.test('it goes on on another device at the same place; another member begins at the beginning', async () => {
    const at = await time(phone);
    const tablet = await open(chrome, yunke, DESK);
    await signIn(tablet, account(near), '/listen');
    await until('the place to be known', async () => {
      const shelf = await near.get('/api/library');
      return Math.abs((shelf.continue[0]?.place.position_ms ?? 0) - at * 1000) < LOST_MS;
    });
    await tablet.reload();
    await button(tablet, LIBRARY.goOnOf('一张板凳')).first().click();
    await plays(tablet);
    const there = await time(tablet);
    assert.ok(there > at - LOST_MS / 1000 && there < at + 10, `stopped at ${at} s, goes on at ${there} s`);
    assert.deepEqual(tablet.faults, []);
    await tablet.context().close();
    const { continue: begun } = await near2.get('/api/library');
    assert.deepEqual(begun, []);
  });

  await t.test('the organizer sees that it was heard, where, and takes it along as a file', async () => {
    await desk.goto(`/console/library/${series}/figures`);
    await button(desk, LIBRARY.curveOf('一张板凳')).click();
    await says(desk, LIBRARY.stopped);
    assert.deepEqual(await stumbles(desk), []);
    await picture(desk, 'library-figures');
    await desk.setViewportSize({ width: 360, height: 780 });
    await picture(desk, 'library-figures-small');
    const wide = await desk.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 360, `a page of ${wide} px on a screen of 360`);
    await desk.setViewportSize(DESK.viewport);
    const download = desk.waitForEvent('download');
    await button(desk, LIBRARY.csv).click();
    assert.match((await download).suggestedFilename(), /\.csv$/);
  });

  await t.test('the next episode begins by itself, though nothing but the media answers', async () => {
    await phone.bringToFront();
    await button(phone, LIBRARY.play).click();
    await plays(phone);
    // The next one is asked for ahead of time.
    await until('the next lease', () =>
      phone.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/leases')).length >= 2),
    );
    await phone.route('**/api/**', (route) => route.abort());
    await phone.evaluate((to) => (document.querySelector('audio').currentTime = to), SECONDS - 2);
    await until('the next episode', async () => (await time(phone)) < 10 && (await time(phone)) > 0.3, { within: 15_000 });
    await phone.unroute('**/api/**');
    const mine = phone.faults.filter((fault) => !/ERR_FAILED/.test(fault));
    assert.deepEqual([...mine, ...desk.faults], []);
  });
});
