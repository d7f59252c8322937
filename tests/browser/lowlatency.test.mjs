// A lesson for low latency on phones: by WHEP where that plays, by LL-HLS where it does not, and counted the same.
// Cost: 42 s, light.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installBarcode, sampleLatency } from '../harness/barcode.mjs';
import { cast } from '../harness/cast.mjs';
import { end, goLive, plan, publish } from '../harness/lessons.mjs';
import { plays, says, signIn, watch, WORDS } from '../harness/pages.mjs';
import { browser, open } from '../harness/phone.mjs';
import { defend, leave } from '../harness/played.mjs';
import { timed, until, watchFor } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

/** Of each connection what plays before its date is known is not claimed. */
const JOIN_LOSS_MS = 2_500;
const median = (figures) => figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)];

/** Keeps what `page` is answered to its offers. */
function keepJoins(page, yunke) {
  page.joins = [];
  page.on('response', async (response) => {
    if (response.request().method() !== 'POST' || !new URL(response.url()).pathname.startsWith('/whep/')) return;
    const join = { status: response.status(), session: response.headers().location };
    if (join.session) yunke.secret('session', join.session.split('/').pop());
    page.joins.push(join);
  });
}

/** What the browser complains about that is no answer a session that is over gives. */
const faults = (page) => page.faults.filter((fault) => !/status of 40[49] /.test(fault));

/** How the page plays now: a stream has no address. */
const way = (page) => page.evaluate(() => (document.querySelector('video').srcObject ? 'whep' : 'hls'));

test('a lesson for low latency', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, near2, account, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage, { low_latency: true });
  const chrome = await browser();
  t.after(() => chrome.close());
  const probe = await chrome.newPage();
  await probe.goto(`${yunke.url}/health/live`);
  const codecs = await probe.evaluate(() => RTCRtpReceiver.getCapabilities('video').codecs.map((codec) => codec.mimeType));
  if (!codecs.includes('video/H264')) return t.skip(`this Chromium plays ${[...new Set(codecs)].join(', ')}, no H.264`);
  let publisher = await publish(t, lecturer, lesson);
  await goLive(lecturer, lesson);
  const staff = await lecturer.room(lesson).open();
  const counted = async (person) => (await person.get(`/api/lessons/${lesson}/progress`)).counted_ms;
  const phone = async (person) => {
    const page = await open(chrome, yunke);
    keepJoins(page, yunke);
    await signIn(page, account(person));
    return page;
  };
  const page = await phone(near);

  await t.test('a member plays by WHEP, below a second, and is counted', async () => {
    await watch(page, lesson);
    assert.deepEqual([await way(page), page.joins.map(({ status }) => status)], ['whep', [201]]);
    await staff.shows('one viewer', (state) => state.viewers_now === 1, { within: 3_000 });
    await installBarcode(page);
    const samples = await page.evaluate(
      ({ origin, sample }) => new Function(`return ${sample}`)()(document.querySelector('video'), { origin, ms: 3_000 }),
      { origin: publisher.origin, sample: sampleLatency.toString() },
    );
    t.diagnostic(`glass to glass: median ${median(samples)} ms of ${samples.length}`);
    assert.ok(samples.length > 20 && median(samples) < 1_000, `${median(samples)} ms`);
    await until('what was watched to be counted', async () => (await counted(near)) > 5_000, { within: 30_000 });
  });

  await t.test('a pause leaves, counts nothing, and joins again', async () => {
    await page.getByRole('button', { name: '暂停' }).click();
    const { session } = page.joins[0];
    await until('the session to be gone', async () => (await fetch(new URL(session, yunke.mediaUrl), { method: 'DELETE' })).status === 404);
    // The last beat is on its way.
    await watchFor(2_000);
    const before = await counted(near);
    await watchFor(3_000);
    assert.equal(await counted(near), before);
    await page.getByRole('button', { name: '继续' }).click();
    await plays(page);
    assert.deepEqual([await way(page), page.joins.length], ['whep', 2]);
  });

  await t.test('while the lecturer is away the session stays, and goes on by itself', async () => {
    await publisher.stop('SIGKILL');
    await says(page, WORDS.away);
    publisher = await publish(t, lecturer, lesson, { address: publisher.address });
    await until('the page to be over it', async () => !WORDS.away.test(await page.innerText('body')));
    await plays(page);
    assert.deepEqual([await way(page), page.joins.length], ['whep', 2]);
  });

  await t.test('a session that is killed is joined anew; when that is killed, too, it goes on by LL-HLS', async () => {
    const kill = async () => {
      const { session } = page.joins.at(-1);
      assert.equal((await fetch(new URL(session, yunke.mediaUrl), { method: 'DELETE' })).status, 200);
    };
    await kill();
    const again = await timed(async () => {
      await until('another session', () => page.joins.length === 3);
      await plays(page);
    });
    assert.equal(await way(page), 'whep');
    await kill();
    const other = await timed(async () => {
      await until('the other way', async () => (await way(page)) === 'hls');
      await plays(page);
    });
    t.diagnostic(`played ${Math.round(again.ms)} ms after the first, ${Math.round(other.ms)} ms after the second`);
    assert.ok(other.ms < 8_000, `${other.ms} ms`);
    await page.getByRole('button', { name: '暂停' }).click();
    await page.getByRole('button', { name: '继续' }).click();
    await plays(page);
    assert.deepEqual([await way(page), page.joins.length], ['hls', 3], 'for the rest of the visit');
  });

  await t.test('nothing was claimed that was not played', async (t) => {
    await defend(t, { organizer, lesson, member: near, visit: await leave(page), less: 4 * JOIN_LOSS_MS });
    assert.deepEqual(faults(page), []);
    await page.context().close();
  });

  await t.test('at the end it says so, and the replay plays', async () => {
    const last = await phone(near2);
    await watch(last, lesson);
    assert.equal(await way(last), 'whep');
    await end(lecturer, lesson);
    await says(last, /课程已结束/, { within: 5_000 });
    await last.getByRole('button', { name: /看回放/ }).click();
    await plays(last);
    // When the node closes the session before the room says that it is over, the player asks once more, and is refused.
    assert.deepEqual([await way(last), last.joins.slice(1).filter(({ status }) => status !== 409), faults(last)], ['hls', [], []]);
    await last.context().close();
  });

  await t.test('where the publisher sends B-frames it plays by LL-HLS', async () => {
    const other = await plan(organizer, stage, { low_latency: true });
    await publish(t, lecturer, other, { bframes: 2 });
    await goLive(lecturer, other);
    const late = await phone(near2);
    await watch(late, other);
    // The clock of a connection that is being refused runs already.
    await until('the other way', async () => (await way(late)) === 'hls');
    await plays(late);
    assert.deepEqual(
      late.joins.map(({ status }) => status),
      [409],
    );
    await late.context().close();
  });
});
