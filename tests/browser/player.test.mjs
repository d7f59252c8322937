// The player where things are not as they should be: too early, no socket, no network, the end of the lesson.
// Cost: 61 s, light.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cast } from '../harness/cast.mjs';
import { end, goLive, plan, publish } from '../harness/lessons.mjs';
import { plays, says, signIn, watch } from '../harness/pages.mjs';
import { browser, open } from '../harness/phone.mjs';
import { defend, follow, leave } from '../harness/played.mjs';
import { until, watchFor } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

test('a player in rough weather', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, near2, account, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage);
  const counted = async (person) => (await person.get(`/api/lessons/${lesson}/progress`)).counted_ms;
  const chrome = await browser();
  t.after(() => chrome.close());
  const page = await open(chrome, yunke);
  await signIn(page, account(near));

  await t.test('who comes too early waits, and it plays by itself', async () => {
    await follow(page, () => page.goto(`/lessons/${lesson}`));
    await says(page, /距离开课还有|讲师马上就来/);
    await page.getByRole('button', { name: /开课后自动播放/ }).click();
    await says(page, /开课后会自动播放/);
    await publish(t, lecturer, lesson, { kbps: 600 });
    await goLive(lecturer, lesson);
    const since = Date.now();
    await plays(page, { within: 20_000 });
    t.diagnostic(`played ${Date.now() - since} ms after the timeline ran`);
    assert.equal(page.leases.length, 1, 'waiting took another lease');
  });

  await t.test('without a socket beats go up by POST, and the page says the same', async (t) => {
    const deaf = await open(chrome, yunke);
    await deaf.routeWebSocket(/\/room/, (socket) => socket.close({ code: 1001 }));
    await signIn(deaf, account(near2));
    await watch(deaf, lesson);
    await watchFor(20_000);
    await until('the beats to be counted', async () => (await counted(near2)) > 5_000);
    await defend(t, { organizer, lesson, member: near2, visit: await leave(deaf) });
    await deaf.context().close();
  });

  await t.test('a pause counts nothing', async () => {
    await page.getByRole('button', { name: '暂停' }).click();
    await watchFor(2_000);
    const before = await counted(near);
    await watchFor(5_000);
    assert.equal(await counted(near), before);
    await page.getByRole('button', { name: '继续' }).click();
    await plays(page);
  });

  await t.test('without a network it says so, and goes on by itself', async () => {
    await page.context().setOffline(true);
    await says(page, /没有网络/);
    await watchFor(8_000);
    await page.context().setOffline(false);
    const since = Date.now();
    await plays(page, { within: 10_000 });
    t.diagnostic(`played ${Date.now() - since} ms after the network was back`);
  });

  await t.test('at the end it says so, or goes on with what was missed', async () => {
    await end(lecturer, lesson);
    await says(page, /课程已结束|倍速/, { within: 20_000 });
    // Whoever saw the end is asked, whoever missed some of it is not.
    const again = page.getByRole('button', { name: /看回放/ });
    const speed = page.getByRole('button', { name: '1.5×' });
    await until(
      'the replay',
      async () => {
        if (await again.isVisible()) await again.click();
        return speed.isVisible();
      },
      { within: 20_000 },
    );
    await plays(page, { within: 20_000 });
    await page.getByRole('button', { name: '1.5×' }).click();
    assert.equal(await page.evaluate(() => document.querySelector('video').playbackRate), 1.5);
    await page.getByRole('button', { name: /退 15 秒/ }).click();
    await plays(page);
  });

  await t.test('the shell opens without a network and says what to do', async () => {
    await page.goto('/');
    await until('the worker to be in charge', () => page.evaluate(() => Boolean(navigator.serviceWorker?.controller)));
    await page.context().setOffline(true);
    await page.goto('/records');
    await says(page, /连不上/);
    await page.context().setOffline(false);
    await says(page, /我的学时/);
  });
});
