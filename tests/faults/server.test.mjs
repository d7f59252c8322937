// kill −9 of yunke in the middle of a lesson, as a phone sees it. What becomes of evidence on its way: evidence.test.mjs.
// Cost: 58 s, light.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cast } from '../harness/cast.mjs';
import { goLive, plan, publish } from '../harness/lessons.mjs';
import { signIn, watch } from '../harness/pages.mjs';
import { browser, open } from '../harness/phone.mjs';
import { defend, leave, playedMs } from '../harness/played.mjs';
import { until, watchFor } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

/** How long the server stays away: more than a beat, so that the phone has to queue. */
const AWAY_MS = 20_000;

test('the server is killed mid-lesson', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, account, stage } = await cast(yunke);
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

  await yunke.killServer();

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

  await t.test('coverage is as if nothing had happened', async (t) => {
    await watchFor(10_000);
    const { claimed, counted } = await defend(t, { organizer, lesson, member: near, visit: await leave(page), within: 20_000 });
    assert.equal(counted, claimed);
    const { gaps } = await near.get(`/api/lessons/${lesson}`);
    assert.deepEqual(gaps, []);
  });
});
