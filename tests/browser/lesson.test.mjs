// One lesson from the first tap to the spreadsheet, on phones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cast } from '../harness/cast.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { end, goLive, plan, publish } from '../harness/lessons.mjs';
import { playedMs, plays, says, signIn, watch, WORDS } from '../harness/pages.mjs';
import { browser, open, picture } from '../harness/phone.mjs';
import { byHeading, exported, readCsv, readXlsx } from '../harness/sheets.mjs';
import { until, watchFor } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

/** The issue says "within one beat"; with the last beat at leaving it has to be far closer. */
const CLOSE_MS = 3_000;

test('a lesson on phones', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, near2, account, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage, { title: '午间一小时：社区里的大事小事' });
  let publisher = await publish(t, lecturer, lesson, { title: '午间一小时', scene: 'slide', size: 'hd', fps: 25, kbps: 1500 });
  await goLive(lecturer, lesson);
  const chrome = await browser();
  t.after(() => chrome.close());
  const staff = await lecturer.room(lesson).open();
  const progress = (person) => person.get(`/api/lessons/${lesson}/progress`);
  /** What the server counts comes to what was played. */
  const countsTo = (person, expected, within = 8_000) =>
    until(`${Math.round(expected)} ms to be counted`, async () => {
      const seen = await progress(person);
      if (Math.abs(seen.counted_ms - expected) > CLOSE_MS) throw new Error(`counted ${seen.counted_ms} ms`);
      return seen;
    }, { within });

  let page = await open(chrome, yunke);
  let watched = 0;

  await t.test('a member signs in, taps once and is counted within 2 s', async () => {
    await signIn(page, account(near));
    await picture(page, 'home-phone');
    assert.equal(staff.state.viewers_now, 0);
    await watch(page, lesson);
    await staff.shows('one viewer', (state) => state.viewers_now === 1, { within: 2_000 });
  });

  await t.test('after 60 s the page says how much counts, and it is what was played', async () => {
    await watchFor(60_000);
    const text = await page.innerText('body');
    const [, learned, left] = text.match(WORDS.learned) ?? assert.fail(text);
    assert.ok(Number(learned) === 1 || Number(learned) === 0, `${learned} minutes learned`);
    assert.ok(Number(left) > 0);
  });

  await t.test('leaving is seen within 2 s, and coverage is the watched time', async () => {
    watched = await playedMs(page);
    await page.goto('about:blank');
    await staff.shows('nobody', (state) => state.viewers_now === 0, { within: 2_000 });
    const { counted_ms: counted } = await countsTo(near, watched);
    t.diagnostic(`played ${Math.round(watched)} ms, counted ${counted} ms`);
    assert.deepEqual(page.faults, []);
  });

  await t.test('sound alone plays on, fetches no picture and counts', async () => {
    const fetched = [];
    await watch(page, lesson);
    await page.getByText(WORDS.soundOnly).first().click();
    await until('the picture to be gone', () => page.evaluate(() => {
      const media = document.querySelector('video, audio');
      return !media.videoWidth || media.tagName === 'AUDIO';
    }));
    await plays(page);
    page.on('request', (request) => fetched.push(request.url()));
    await watchFor(8_000);
    await plays(page);
    assert.ok(fetched.some((url) => /audio/.test(url)), 'nothing was fetched');
    assert.deepEqual(fetched.filter((url) => /\/video/.test(url)), []);
    await picture(page, 'audio-phone');
    watched += await playedMs(page);
    await page.goto('about:blank');
    await countsTo(near, watched);
  });

  await t.test('two phones of one member are one member and one coverage', async () => {
    const other = await open(chrome, yunke);
    await signIn(other, account(near));
    await watch(page, lesson);
    await watch(other, lesson);
    await staff.shows('one viewer', (state) => state.viewers_now === 1);
    await watchFor(15_000);
    await picture(page, 'lesson-phone');
    assert.equal(staff.state.viewers_now, 1);
    assert.equal(staff.state.people, 1);
    const longest = Math.max(await playedMs(page), await playedMs(other));
    await Promise.all([page.goto('about:blank'), other.goto('about:blank')]);
    watched += longest;
    await countsTo(near, watched);
    await other.context().close();
  });

  await t.test('the lecturer drops and comes back: a sentence instead of an error, then it plays on', async () => {
    await watch(page, lesson);
    await publisher.stop('SIGKILL');
    await staff.shows('that the lecturer is away', (state) => state.on_air === 'lecturer_away', { within: 5_000 });
    await says(page, WORDS.away, { within: 8_000 });
    await picture(page, 'away-phone');
    const list = await playlist(beside((await near.lease(lesson)).live_url, 'video.m3u8'));
    assert.ok(!list.ended);
    const before = await playedMs(page);
    publisher = await publish(t, lecturer, lesson, { address: publisher.address, scene: 'slide', size: 'hd', fps: 25, kbps: 1500 });
    await staff.shows('on air', (state) => state.on_air === 'on_air');
    await until('the phone to play on', async () => (await playedMs(page)) > before + 1_000, { within: 12_000 });
    const { gaps } = await until('the gap', async () => {
      const seen = await near.get(`/api/lessons/${lesson}`);
      return seen.gaps.length === 1 && seen;
    });
    t.diagnostic(`gap of ${gaps[0].to_ms - gaps[0].from_ms} ms`);
    await watchFor(6_000);
    watched += await playedMs(page);
    await page.goto('about:blank');
    await countsTo(near, watched);
  });

  await t.test('the replay goes on with the same coverage; what was seen live adds nothing', async () => {
    const seen = await end(lecturer, lesson);
    const before = (await progress(near)).counted_ms;
    const replay = await open(chrome, yunke);
    await signIn(replay, account(near));
    await watch(replay, lesson);
    await watchFor(12_000);
    await picture(replay, 'replay-phone');
    const played = await playedMs(replay);
    await replay.goto('about:blank');
    await watchFor(1_000);
    const after = (await progress(near)).counted_ms;
    t.diagnostic(`replayed ${Math.round(played)} ms, coverage ${before} → ${after} of ${seen.length_ms} ms`);
    assert.ok(after >= before, 'coverage shrank');
    assert.ok(after - before <= played + CLOSE_MS, 'the replay earned more than was played');
    assert.ok(after <= seen.length_ms);
    // A member who was not there gets the time of the replay alone.
    const fresh = await open(chrome, yunke);
    await signIn(fresh, account(near2));
    await watch(fresh, lesson);
    await watchFor(10_000);
    const alone = await playedMs(fresh);
    await fresh.goto('about:blank');
    await countsTo(near2, alone);
  });

  await t.test('the export has the right row in both forms', async () => {
    const { counted_ms: counted } = await progress(near);
    const seconds = Math.floor(counted / 1000);
    const { bytes: sheet } = await exported(organizer, lesson, 'xlsx');
    const detail = Object.values(await readXlsx(sheet, yunke.folder))[0];
    const rows = byHeading(detail.rows.slice(detail.rows.findIndex((row) => row.includes('姓名'))));
    const row = rows.find((one) => one['姓名'] === near.me.name);
    assert.ok(Math.abs(row['观看秒'] - seconds) <= 1, `${row['观看秒']} s in the sheet, ${seconds} s counted`);
    assert.equal(row['支部'], near.me.branch.name);
    assert.ok(row['计划/实际起止'] || Object.values(row).some((cell) => cell?.date), 'no real date');
    const { bytes: csv } = await exported(organizer, lesson, 'csv');
    const line = byHeading(readCsv(csv)).find((one) => one['姓名'] === near.me.name);
    assert.equal(Number(line['观看秒']), row['观看秒']);
  });
});
