// kill −9 of yunke in the middle of a lesson: evidence first.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beat } from '../harness/api.mjs';
import { cast } from '../harness/cast.mjs';
import { goLive, plan, publish } from '../harness/lessons.mjs';
import { playedMs, signIn, watch } from '../harness/pages.mjs';
import { browser, open } from '../harness/phone.mjs';
import { until, watchFor } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

/** How long the server stays away: more than a beat, so that the phone has to queue. */
const AWAY_MS = 20_000;

test('the server is killed mid-lesson', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  let { organizer, lecturer, near, near2, account, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage);
  const publisher = await publish(t, lecturer, lesson);
  await goLive(lecturer, lesson);
  const media = await yunke.media();
  const chrome = await browser();
  t.after(() => chrome.close());
  const page = await open(chrome, yunke);
  await signIn(page, account(near));
  await watch(page, lesson);
  await watchFor(20_000);

  // A second member's beats come in a burst; the server is killed the moment some are acknowledged.
  const lease = await near2.lease(lesson);
  const room = await near2.room(lesson, lease.lease).open();
  const { edge_ms: edge } = await near2.get(`/api/lessons/${lesson}`);
  const beats = Array.from({ length: 40 }, (_, i) => beat(i + 1, edge - 4_000 + i * 100, edge - 3_900 + i * 100));
  for (const one of beats) room.send([one]);
  await until('a first acknowledgement', () => room.acked.size > 0, { every: 1 });
  await yunke.killServer();
  const acked = [...room.acked];
  t.diagnostic(`${acked.length} of 40 beats were acknowledged before the kill`);

  await t.test('the media service, the encoder and the phone go on without the server', async () => {
    const before = await playedMs(page);
    await watchFor(AWAY_MS);
    assert.equal(await yunke.mediaPid(), media);
    assert.ok(publisher.alive);
    const played = (await playedMs(page)) - before;
    assert.ok(played > AWAY_MS * 0.85, `the phone played ${Math.round(played)} of ${AWAY_MS} ms`);
  });

  await t.test('the restarted server takes the running media process over', async () => {
    await yunke.launch();
    await lecturer.get('/api/me');
    const seen = await until('the publisher in the studio', async () => (await lecturer.get(`/api/studio/lessons/${lesson}`)).publisher);
    assert.ok(seen.video);
    assert.equal(await yunke.mediaPid(), media);
  });

  await t.test('every acknowledged beat is there; the others are taken when they come again', async () => {
    const again = await near2.post(`/api/lessons/${lesson}/beats`, { lease: lease.lease, beats });
    assert.deepEqual(again.refused, []);
    assert.equal(again.acked.length, 40);
    const changed = beats.filter(({ seq }) => acked.includes(seq)).map((one) => ({ ...one, to_ms: one.to_ms + 1 }));
    const conflict = await near2.post(`/api/lessons/${lesson}/beats`, { lease: lease.lease, beats: changed });
    assert.deepEqual(conflict.refused.map(({ seq }) => seq).sort(), acked.slice().sort());
  });

  await t.test('coverage is as if nothing had happened', async () => {
    await watchFor(10_000);
    const played = await playedMs(page);
    await page.close();
    const progress = await until('the beats of the phone', async () => {
      const progress = await near.get(`/api/lessons/${lesson}/progress`);
      return Math.abs(progress.counted_ms - played) < 5_000 && progress;
    }, { within: 20_000 });
    t.diagnostic(`played ${Math.round(played)} ms, counted ${progress.counted_ms} ms`);
    const { gaps } = await near.get(`/api/lessons/${lesson}`);
    assert.deepEqual(gaps, []);
  });
});
