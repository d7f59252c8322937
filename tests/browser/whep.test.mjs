// A browser watches by WHEP: what ffmpeg sends by RTMP, and what GStreamer's whipsink sends.
// Cost: 38 s, light.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { installBarcode, sampleLatency } from '../harness/barcode.mjs';
import { cast } from '../harness/cast.mjs';
import { end, goLive, plan, publish, rtmpAddress } from '../harness/lessons.mjs';
import { LossyLine } from '../harness/lossy.mjs';
import { timed, until, watchFor } from '../harness/wait.mjs';
import { viewer } from '../harness/whep.mjs';
import { over, WhipSink } from '../harness/whip.mjs';
import { Yunke } from '../harness/yunke.mjs';

const ARGS = ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required'];
/** What is watched over lines that lose packets, and for how long. */
const LOSSY_KBPS = 1_500;
const LOSSY_MS = 12_000;
const MIN_PACKETS = 200;
const FPS = 25;
const median = (figures) => figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)];

test('a browser watches by WHEP', async (t) => {
  const chrome = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS });
  t.after(() => chrome.close());
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const probe = await chrome.newPage();
  await probe.goto(`${yunke.mediaUrl}/health`);
  const codecs = await probe.evaluate(() => RTCRtpReceiver.getCapabilities('video').codecs.map((codec) => codec.mimeType));
  if (!codecs.includes('video/H264')) return t.skip(`this Chromium plays ${[...new Set(codecs)].join(', ')}, no H.264`);
  const { organizer, lecturer, near, stage } = await cast(yunke);

  const address = async (lesson) => {
    const { live_url: live } = await near.lease(lesson);
    return live.replace('/live/', '/whep/').replace(/\/[^/]*$/, '');
  };
  /** A page that watches, once it shows a picture. */
  const watching = async (lesson, only = '', line = null) => {
    const page = await chrome.newPage();
    await page.goto(`${yunke.mediaUrl}/health`);
    await page.evaluate(viewer);
    await installBarcode(page);
    const url = new URL(await address(lesson));
    if (line) url.port = new URL(await over(t, yunke, line)).port;
    const { status, session, sdp } = await page.evaluate(([url, only]) => window.whep(url, only), [url.href, only]);
    assert.equal(status, 201, sdp);
    yunke.secret('session', session.split('/').pop());
    const first = await page.evaluate(() => window.watching.shown);
    return { page, session, first, sdp };
  };
  const received = (page) => page.evaluate(() => window.received());
  const hears = (page) =>
    until('sound', async () => {
      const { audio } = await received(page);
      if (!(audio?.totalAudioEnergy > 0)) throw new Error(JSON.stringify(audio));
      return true;
    });
  const goesOn =
    (page, what = 'the picture to go on') =>
    async (within) => {
      const before = (await received(page)).video.framesDecoded;
      await until(what, async () => (await received(page)).video.framesDecoded > before + 10, { within });
    };

  await t.test('ffmpeg by RTMP: picture at once, the publisher goes and comes back, the end closes', async () => {
    const lesson = await plan(organizer, stage);
    const publisher = await publish(t, lecturer, lesson);
    await goLive(lecturer, lesson);
    const { page, first, sdp } = await watching(lesson);
    t.diagnostic(`first picture after ${Math.round(first)} ms`);
    await hears(page);
    assert.match(sdp, /a=rtpmap:\d+ rtx\/90000/);
    const samples = await page.evaluate(
      ({ origin, sample }) => new Function(`return ${sample}`)()(window.watching.video, { origin, ms: 3_000 }),
      { origin: publisher.origin, sample: sampleLatency.toString() },
    );
    assert.ok(samples.length > 20, `${samples.length} pictures with a barcode`);
    t.diagnostic(`glass to glass: median ${median(samples)} ms of ${samples.length}`);
    assert.ok(median(samples) < 1_000, `${median(samples)} ms`);

    const { video } = await received(page);
    await publisher.stop('SIGKILL');
    await until('the outage', async () => (await lecturer.get(`/api/studio/lessons/${lesson}`)).outage_since);
    const again = await publish(t, lecturer, lesson, { address: publisher.address });
    await goesOn(page)(15_000);
    const after = await received(page);
    assert.equal(after.video.ssrc, video.ssrc, 'the stream is another one');
    assert.ok(again.alive);
    assert.equal(await page.evaluate(() => window.transport()), 'connected');

    await end(lecturer, lesson);
    const closed = await timed(() =>
      until('the end to close it', async () => (await page.evaluate(() => window.transport())) === 'closed'),
    );
    t.diagnostic(`closed ${Math.round(closed.ms)} ms after the end`);
    await page.close();
  });

  await t.test('a network that lets no UDP through: by TCP, at the same number', async () => {
    const lesson = await plan(organizer, stage);
    await publish(t, lecturer, lesson);
    await goLive(lecturer, lesson);
    const { page, first, session } = await watching(lesson, ' tcp ');
    t.diagnostic(`first picture after ${Math.round(first)} ms`);
    await hears(page);
    await goesOn(page)(10_000);
    assert.equal(await page.evaluate(() => window.protocol()), 'tcp');
    const { video } = await received(page);
    assert.equal(video.packetsLost, 0);
    assert.equal((await fetch(session, { method: 'DELETE' })).status, 200);
    await until('the goodbye', async () => (await page.evaluate(() => window.transport())) === 'closed');
    await page.close();
    await end(lecturer, lesson);
  });

  await t.test('lines that lose 3 and 10 %, both ways: what is lost is sent again, and the picture goes on', async (t) => {
    const lesson = await plan(organizer, stage);
    await publish(t, lecturer, lesson, { kbps: LOSSY_KBPS, scene: 'slide', size: 'hd' });
    await goLive(lecturer, lesson);
    const watched = await Promise.all(
      [0.03, 0.1].map(async (loss, n) => {
        const line = await LossyLine.open(t, yunke.ports.webrtc, { loss: 0, delayMs: 25, seed: 17 + n });
        const { page } = await watching(lesson, '', line);
        await hears(page);
        line.loss = loss;
        return { loss, line, page, before: await received(page) };
      }),
    );
    await watchFor(LOSSY_MS);
    for (const { loss, line, page, before } of watched) {
      const { video, audio } = await received(page);
      const of = (what) => video[what] - before.video[what];
      const concealed =
        (audio.concealedSamples - before.audio.concealedSamples) / (audio.totalSamplesReceived - before.audio.totalSamplesReceived);
      t.diagnostic(
        `${loss * 100} %: ${line.dropped} datagrams lost; ${of('packetsReceived')} packets came, ${of('packetsLost')} never, ${of('nackCount')} NACKs, ${of('pliCount')} PLIs, ${of('framesDecoded')} frames, ${of('freezeCount')} freezes; ${(concealed * 100).toFixed(1)} % of the sound made up`,
      );
      assert.ok(
        line.dropped > 20 && of('nackCount') > 0 && of('packetsReceived') > MIN_PACKETS,
        `the picture that was sent is no test: ${of('packetsReceived')} packets`,
      );
      assert.ok(of('framesDecoded') >= 0.8 * FPS * (LOSSY_MS / 1_000), `${of('framesDecoded')} frames`);
      assert.equal(await page.evaluate(() => window.transport()), 'connected');
      await page.close();
    }
    await end(lecturer, lesson);
  });

  await t.test('whipsink: picture and sound; DELETE ends it', async () => {
    const lesson = await plan(organizer, stage);
    const { key } = await rtmpAddress(lecturer, lesson);
    const sink = new WhipSink(`${yunke.mediaUrl}/whip`, key);
    t.after(() => sink.stop('SIGKILL'));
    const seen = async () => {
      const { publisher } = await lecturer.get(`/api/studio/lessons/${lesson}`);
      return publisher?.video && publisher.audio;
    };
    await until('picture and sound', seen, { within: 20_000 });
    await goLive(lecturer, lesson);
    const { page, first, session } = await watching(lesson);
    t.diagnostic(`first picture after ${Math.round(first)} ms`);
    await hears(page);
    await goesOn(page)(10_000);
    const { video, audio } = await received(page);
    t.diagnostic(JSON.stringify({ video, audio }));
    assert.equal(await page.evaluate(async (url) => (await fetch(url, { method: 'DELETE' })).status, session), 200);
    await until('the goodbye', async () => (await page.evaluate(() => window.transport())) === 'closed');
    assert.equal((await fetch(session, { method: 'DELETE' })).status, 404);
    await page.close();
  });
});
