// kill −9 of yunke-media in the middle of a lesson.
// Cost: 31 s, light.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installBarcode, readBarcode } from '../harness/barcode.mjs';
import { Booth } from '../harness/booth.mjs';
import { cast } from '../harness/cast.mjs';
import { goLive, plan, rtmpAddress } from '../harness/lessons.mjs';
import { signIn, watch } from '../harness/pages.mjs';
import { browser, open } from '../harness/phone.mjs';
import { defend, leave } from '../harness/played.mjs';
import { until, watchFor } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const PROBE_EVERY_MS = 100;
/** Around the outage the player begins anew: what plays between two looks is lost each time. */
const OUTAGE_LOSS_MS = 2_000;

test('the media service is killed mid-lesson', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, account, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage);
  const { url } = await rtmpAddress(lecturer, lesson);
  const booth = new Booth(t, url);
  await until('the studio to see the picture', async () => (await lecturer.get(`/api/studio/lessons/${lesson}`)).publisher?.video, {
    within: 20_000,
  });
  await goLive(lecturer, lesson);
  const chrome = await browser();
  t.after(() => chrome.close());
  const page = await open(chrome, yunke);
  await signIn(page, account(near));
  await watch(page, lesson);
  await installBarcode(page);
  await watchFor(10_000);

  // The API must answer all the time.
  let down = 0;
  const probe = setInterval(() => near.get('/api/me').catch(() => (down += 1)), PROBE_EVERY_MS);
  t.after(() => clearInterval(probe));
  const staff = await lecturer.room(lesson).open();
  const before = await yunke.media();
  const killedAt = Date.now();
  await yunke.killMedia();

  await t.test('the phone plays on within 10 s without a touch', async () => {
    const shown = () => page.evaluate(`(${readBarcode})(document.querySelector('video'))`);
    await until('a picture made after the kill', async () => booth.origin + (await shown()) > killedAt, { within: 30_000 });
    const ms = Date.now() - killedAt;
    t.diagnostic(`new picture after ${ms} ms`);
    assert.ok(ms <= 10_000, `took ${ms} ms`);
  });

  await t.test('it is a new process, the encoder came back, the room and the API were never gone', async () => {
    assert.notEqual(await yunke.media(), before);
    assert.ok(booth.starts >= 2);
    assert.equal(staff.closed, null);
    assert.equal(down, 0);
    await staff.shows('on air', (state) => state.on_air === 'on_air');
  });

  await t.test('the outage is a gap of the timeline, and coverage is what was played', async (t) => {
    await watchFor(6_000);
    const { gaps } = await near.get(`/api/lessons/${lesson}`);
    assert.equal(gaps.length, 1, JSON.stringify(gaps));
    t.diagnostic(`gap of ${gaps[0].to_ms - gaps[0].from_ms} ms`);
    await defend(t, { organizer, lesson, member: near, visit: await leave(page), less: OUTAGE_LOSS_MS });
  });
});
