// 画质: which picture a member sees, live and in the replay.
// Cost: 20 s, light.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cast } from '../harness/cast.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { end, goLive, plan, publish } from '../harness/lessons.mjs';
import { plays, signIn, watch } from '../harness/pages.mjs';
import { browser, open, picture } from '../harness/phone.mjs';
import { until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

test('a member chooses the picture', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true, env: { YUNKE_MEDIA__TRANSCODE_SLOTS: '1' } });
  const { organizer, lecturer, near, account, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage);
  const publisher = await publish(t, lecturer, lesson, { size: 'hd', fps: 25, kbps: 1200, scene: 'slide', title: '画质' });
  await goLive(lecturer, lesson);
  const { live_url: live } = await near.lease(lesson);
  await until('some of the small picture', async () => (await playlist(beside(live, 'video360.m3u8'))).segments.length >= 2, { within: 20_000 });

  const chrome = await browser();
  t.after(() => chrome.close());
  const page = await open(chrome, yunke);
  await signIn(page, account(near));
  const menu = page.getByRole('group', { name: '画质' });
  const choice = (name) => menu.getByRole('button', { name, exact: true });
  const pressed = (name) => choice(name).getAttribute('aria-pressed');
  const lines = (wanted) =>
    until(`${wanted} lines`, async () => (await page.evaluate(() => document.querySelector('video').videoHeight)) === wanted, { within: 20_000 });

  await t.test('live: 流畅 has 360 lines, 高清 those of the lecturer', async () => {
    await watch(page, lesson);
    assert.equal(await pressed('自动'), 'true');
    for (const [name, height] of [['流畅', 360], ['高清', 720], ['流畅', 360]]) {
      await choice(name).click();
      assert.equal(await pressed(name), 'true');
      await lines(height);
      await plays(page);
    }
    await picture(page, 'quality-live');
  });

  await t.test('the replay begins with what was chosen last', async () => {
    await end(lecturer, lesson);
    await publisher.stop('SIGKILL');
    await watch(page, lesson);
    assert.equal(await pressed('流畅'), 'true');
    await lines(360);
    await choice('自动').click();
    assert.equal(await pressed('自动'), 'true');
    await plays(page);
    // What the live page asks for as the lesson ends may be gone already.
    assert.deepEqual(page.faults.filter((fault) => fault.startsWith('error:')), []);
  });

  await t.test('with sound alone there is nothing to choose', async () => {
    await page.getByRole('switch', { name: '仅听声音' }).click();
    await menu.waitFor({ state: 'hidden' });
  });
});
