// One lesson from the first tap to the spreadsheet, on phones.
// Cost: 137 s, light.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cast } from '../harness/cast.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { end, goLive, plan, publish } from '../harness/lessons.mjs';
import { plays, says, signIn, watch, WORDS } from '../harness/pages.mjs';
import { browser, open, picture } from '../harness/phone.mjs';
import { defend, leave, playedMs } from '../harness/played.mjs';
import { byHeading, exported, readCsv, readXlsx } from '../harness/sheets.mjs';
import { until, watchFor } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

/** The longest time between two reports (TICK_MS and TICK_SPREAD of web/src/player/meter.ts), and a round trip. */
const REPORT_MS = 18_000 + 2_000;
/** People are those with this much. */
const PERSON_MS = 60_000;
/** Around the outage the player begins anew: what plays between two looks is lost each time. */
const OUTAGE_LOSS_MS = 2_000;
/** How far apart two live players may be on the timeline. */
const APART_MS = 3_000;

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
  const holdsUp = (t, person, visit, more) => defend(t, { organizer, lesson, member: person, visit, ...more });

  const page = await open(chrome, yunke);

  await t.test('a member signs in, taps once and is counted within 2 s', async () => {
    await signIn(page, account(near));
    await picture(page, 'home-phone');
    assert.equal(staff.state.viewers_now, 0);
    await watch(page, lesson);
    await staff.shows('one viewer', (state) => state.viewers_now === 1, { within: 2_000 });
  });

  await t.test('within a report of the first minute the page says 1 minute, and not before', async () => {
    const learned = async () => {
      const text = await page.innerText('body');
      const [, learned, left] = text.match(WORDS.learned) ?? assert.fail(text);
      assert.ok(Number(left) > 0);
      return Number(learned);
    };
    while ((await playedMs(page)) < PERSON_MS - 1_000) {
      assert.equal(await learned(), 0);
      assert.equal(staff.state.people, 0);
      await watchFor(500);
    }
    await until('a minute to be played', async () => (await playedMs(page)) >= PERSON_MS);
    await until('the page to say 1 minute', async () => (await learned()) === 1, { within: REPORT_MS });
    assert.ok((await progress(near)).counted_ms >= PERSON_MS);
    await staff.shows('one person', (state) => state.people === 1);
  });

  await t.test('leaving is seen within 2 s, and each interval of the evidence was played', async (t) => {
    const visit = await leave(page);
    await staff.shows('nobody', (state) => state.viewers_now === 0, { within: 2_000 });
    await holdsUp(t, near, visit);
    assert.deepEqual(page.faults, []);
  });

  await t.test('sound alone plays on, fetches no picture and counts', async (t) => {
    const fetched = [];
    await watch(page, lesson);
    await page.getByText(WORDS.soundOnly).first().click();
    await until('the picture to be gone', () =>
      page.evaluate(() => {
        const media = document.querySelector('video, audio');
        return !media.videoWidth || media.tagName === 'AUDIO';
      }),
    );
    await plays(page);
    page.on('request', (request) => fetched.push(request.url()));
    await watchFor(8_000);
    await plays(page);
    const media = fetched.filter((url) => /\.m4s/.test(url));
    assert.ok(media.length > 10, `${media.length} parts were fetched`);
    assert.deepEqual(
      media.filter((url) => !/\/audio48-/.test(url)),
      [],
      'more than the smallest sound',
    );
    await picture(page, 'audio-phone');
    await holdsUp(t, near, await leave(page));
  });

  await t.test('two phones of one member are one member and one coverage', async (t) => {
    const other = await open(chrome, yunke);
    await signIn(other, account(near));
    const before = (await progress(near)).counted_ms;
    await watch(page, lesson);
    await watch(other, lesson);
    await staff.shows('one viewer', (state) => state.viewers_now === 1);
    await watchFor(15_000);
    await picture(page, 'lesson-phone');
    assert.equal(staff.state.viewers_now, 1);
    assert.equal(staff.state.people, 1);
    const visits = await Promise.all([leave(page), leave(other)]);
    for (const visit of visits) await holdsUp(t, near, visit);
    const gained = (await progress(near)).counted_ms - before;
    const longest = Math.max(...visits.map(({ ms }) => ms));
    t.diagnostic(`two phones gained ${gained} ms, the longer one played ${Math.round(longest)} ms`);
    assert.ok(gained <= longest + APART_MS, 'two phones are more than one');
    await other.context().close();
  });

  await t.test('the lecturer drops and comes back: a sentence instead of an error, then it plays on', async (t) => {
    await watch(page, lesson);
    const { edge_ms: edge } = await near.get(`/api/lessons/${lesson}`);
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
    const [gap, ...more] = await until('the gap', async () => {
      const { gaps } = await near.get(`/api/lessons/${lesson}`);
      const since = gaps.filter(({ to_ms: to }) => to > edge);
      return since.length > 0 && since;
    });
    assert.deepEqual(more, []);
    t.diagnostic(`gap of ${gap.to_ms - gap.from_ms} ms`);
    await watchFor(6_000);
    await holdsUp(t, near, await leave(page), { less: OUTAGE_LOSS_MS });
  });

  await t.test('the replay goes on with the same coverage; what was seen live adds nothing', async (t) => {
    const seen = await end(lecturer, lesson);
    const before = (await progress(near)).counted_ms;
    const replay = await open(chrome, yunke);
    await signIn(replay, account(near));
    await watch(replay, lesson);
    await watchFor(12_000);
    await picture(replay, 'replay-phone');
    const visit = await leave(replay);
    const { counted: after } = await holdsUp(t, near, visit);
    t.diagnostic(`replayed ${Math.round(visit.ms)} ms, coverage ${before} → ${after} of ${seen.length_ms} ms`);
    assert.ok(after >= before, 'coverage shrank');
    assert.ok(after <= seen.length_ms);
    // A member who was not there gets the time of the replay alone.
    const fresh = await open(chrome, yunke);
    await signIn(fresh, account(near2));
    await watch(fresh, lesson);
    await watchFor(10_000);
    const alone = await holdsUp(t, near2, await leave(fresh));
    assert.equal(alone.counted, alone.claimed);
  });

  await t.test('the export has the right row in both forms', async () => {
    const { counted_ms: counted } = await progress(near);
    const seconds = Math.floor(counted / 1000);
    const { bytes: sheet } = await exported(organizer, lesson, 'xlsx');
    const detail = (await readXlsx(sheet, yunke.folder))['个人明细'];
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
