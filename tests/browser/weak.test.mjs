// A network of 400 kbit/s and 300 ms, in the middle of a lesson and from the start: sound within seconds and without a hole,
// said with a button, counted; and the picture again when there is room. Most of it is a member listening.
// Cost: 43 s, light.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cast } from '../harness/cast.mjs';
import { goLive, plan, publish } from '../harness/lessons.mjs';
import { WORDS, says, signIn } from '../harness/pages.mjs';
import { browser, open, picture } from '../harness/phone.mjs';
import { covered, evidence, follow } from '../harness/played.mjs';
import { pace, sense, sensed, standstill, within } from '../harness/senses.mjs';
import { until, watchFor } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const WEAK = { offline: false, latency: 300, downloadThroughput: 400_000 / 8, uploadThroughput: 400_000 / 8 };
const AMPLE = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
const SAYS = /网络较慢，先听声音/;
/** From the moment the line is narrow: what was buffered is played, and the fall is decided. */
const FALL_MS = 8_000;
const LISTEN_MS = 10_000;

test('a weak network', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, near2, account, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage);
  await publish(t, lecturer, lesson, { kbps: 900 });
  await goLive(lecturer, lesson);
  const chrome = await browser();
  t.after(() => chrome.close());

  const enter = async (person, line) => {
    const page = await open(chrome, yunke);
    await page.addInitScript(sense);
    await signIn(page, account(person));
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Network.enable');
    const network = (conditions) => devtools.send('Network.emulateNetworkConditions', conditions);
    await network(line);
    await follow(page, () => page.goto(`/lessons/${lesson}`));
    await page.getByRole('button', { name: WORDS.play }).first().click({ timeout: 30_000 });
    return { page, network };
  };
  const clock = async (page) => (await sensed(page)).at(-1)?.clock ?? 0;

  await t.test('in the middle of a lesson it is listened to, and nothing of it is missed', async (t) => {
    const { page, network } = await enter(near, AMPLE);
    await until('it to play', async () => (await clock(page)) > 2, { within: 20_000 });
    await network(WEAK);
    const since = Date.now();
    await says(page, SAYS, { within: FALL_MS });
    t.diagnostic(`fell after ${Date.now() - since} ms`);
    const from = await clock(page);
    await until('the sound', async () => (await clock(page)) > from + 0.5, { within: 5_000 });
    const heard = Date.now();
    t.diagnostic(`was heard after ${heard - since} ms`);
    await watchFor(LISTEN_MS);
    await picture(page, 'weak-phone');
    const log = within(await sensed(page), heard, Date.now());
    assert.ok(pace(log) >= 0.9, `the sound went on at ${pace(log).toFixed(2)}`);
    assert.ok(standstill(log, 'sound') <= 1_000, `the sound stood for ${standstill(log, 'sound')} ms`);
    assert.ok(
      log.every((sample) => SAYS.test(sample.says)),
      'the sentence stays',
    );
    assert.equal((await near.get(`/api/lessons/${lesson}`)).viewers_now, 1);

    await network(AMPLE);
    const seen = (await sensed(page)).at(-1).picture;
    await page.getByRole('button', { name: '试试看画面' }).click();
    await until('the picture', async () => (await sensed(page)).at(-1).picture > seen + 20, { within: 8_000 });
    assert.doesNotMatch(await page.innerText('body'), SAYS);
    assert.deepEqual(page.faults, []);
    await page.context().close();
    const claimed = await until('the visit to be claimed', async () => {
      const { intervals } = await evidence(organizer, lesson, near);
      return intervals.length > 0 && covered(intervals.filter(({ lease }) => page.leases.includes(lease)).map((one) => one.claimed));
    });
    t.diagnostic(`${claimed} ms claimed`);
    assert.ok(claimed >= LISTEN_MS, `${claimed} ms claimed`);
  });

  await t.test('from the start it is sound that comes, soon', async (t) => {
    const { page } = await enter(near2, WEAK);
    const since = Date.now();
    await until('the sound', async () => (await clock(page)) > 1, { within: 12_000 });
    t.diagnostic(`heard after ${Date.now() - since} ms`);
    const log = await sensed(page);
    assert.match(log.at(-1).says, SAYS);
    assert.ok(
      log.every((sample) => !/重新连接/.test(sample.says)),
      'it said that it reconnects',
    );
    await page.context().close();
  });
});
