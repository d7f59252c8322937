// A lecturer's browser publishes by WHIP: Chromium with its fake camera, as the booth does it.
// Cost: 118 s, busy.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { chromium } from 'playwright-core';
import { cast } from '../harness/cast.mjs';
import { frameTimes } from '../harness/frames.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { edgePast, end, goLive, plan, rtmpAddress } from '../harness/lessons.mjs';
import { LossyLine } from '../harness/lossy.mjs';
import { flashAndBeep, movingAndLoud, publish, sent, way } from '../harness/sender.mjs';
import { flashesAfterBeeps, median, pauses } from '../harness/together.mjs';
import { FULL } from '../harness/tier.mjs';
import { timed, until, watchFor } from '../harness/wait.mjs';
import { over } from '../harness/whip.mjs';
import { Yunke } from '../harness/yunke.mjs';

/** Without a picture for so long: what is lost is sent again, or a key frame asked for, within less. */
const MAX_HOLE_MS = 1_000;
/** What is asked of Chromium, and what it must have sent for a line to be tried. */
const KBPS = 1_700;
/** Datagrams that the line lost. */
const LOST_AT_LEAST = 100;
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--autoplay-policy=no-user-gesture-required',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

/** In the page: an ICE restart by PATCH. */
async function restart() {
  const { pc, key, session, sdp } = window.booth;
  await pc.setLocalDescription(await pc.createOffer({ iceRestart: true }));
  const value = (text, name) => text.match(new RegExp(`a=${name}:(\\S+)`))[1];
  const offer = pc.localDescription.sdp;
  const response = await fetch(session, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*', Authorization: `Bearer ${key}` },
    body: `a=ice-ufrag:${value(offer, 'ice-ufrag')}\r\na=ice-pwd:${value(offer, 'ice-pwd')}\r\n`,
  });
  const fragment = await response.text();
  if (response.status !== 200) return { status: response.status, fragment };
  const answer = sdp
    .replace(/a=ice-ufrag:\S+/g, `a=ice-ufrag:${value(fragment, 'ice-ufrag')}`)
    .replace(/a=ice-pwd:\S+/g, `a=ice-pwd:${value(fragment, 'ice-pwd')}`);
  await pc.setRemoteDescription({ type: 'answer', sdp: answer });
  return { status: 200, tag: response.headers.get('ETag') };
}

/** In the page: half the size from now on, as a browser does when the line is narrow. */
async function halve() {
  const sender = window.booth.pc.getSenders().find(({ track }) => track.kind === 'video');
  const parameters = sender.getParameters();
  parameters.encodings[0].scaleResolutionDownBy = 2;
  await sender.setParameters(parameters);
}

test('a browser publishes', async (t) => {
  const chrome = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS });
  t.after(() => chrome.close());
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const page = await (await chrome.newContext({ permissions: ['camera', 'microphone'] })).newPage();
  await page.goto(`${yunke.mediaUrl}/health`);
  const codecs = await page.evaluate(() => RTCRtpSender.getCapabilities('video').codecs.map((codec) => codec.mimeType));
  if (!codecs.includes('video/H264')) return t.skip(`this Chromium sends ${[...new Set(codecs)].join(', ')}, no H.264`);

  const { organizer, lecturer, near, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage);
  const { key } = await rtmpAddress(lecturer, lesson);
  const studio = () => lecturer.get(`/api/studio/lessons/${lesson}`);
  const connected = await timed(() => page.evaluate(publish, { url: `${yunke.mediaUrl}/whip`, key }));
  assert.equal(connected.result.status, 201, connected.result.sdp);
  yunke.secret('session', connected.result.session.split('/').pop());
  t.diagnostic(`connected after ${Math.round(connected.ms)} ms`);

  await until(
    'picture and sound',
    async () => {
      const { publisher } = await studio();
      return publisher?.transport === 'whip' && publisher.video && publisher.audio?.rate === 48_000;
    },
    { within: 20_000 },
  );
  await goLive(lecturer, lesson);
  const lease = await near.lease(lesson);
  for (const name of ['video.m3u8', 'audio.m3u8']) {
    await until(name, async () => (await playlist(beside(lease.live_url, name))).segments.length >= 3, { within: 20_000 });
  }

  const restarted = await page.evaluate(restart);
  assert.equal(restarted.status, 200, restarted.fragment);
  const before = await edgePast(near, lesson, 1_000);
  await edgePast(near, lesson, before + 6_000);
  const { publisher, gaps } = await studio();
  assert.deepEqual([publisher?.transport, gaps ?? []], ['whip', []]);
  assert.equal(await page.evaluate(() => window.booth.pc.connectionState), 'connected');

  await page.evaluate(halve);
  await until('the smaller picture', async () => (await studio()).publisher?.video?.width === 320, { within: 10_000 });
  const resized = await edgePast(near, lesson, before + 6_000);
  await edgePast(near, lesson, resized + 4_000);
  for (const name of ['video.m3u8', 'audio.m3u8']) {
    const list = await playlist(beside(lease.live_url, name));
    assert.deepEqual([list.gaps, list.discontinuities], [0, 1], list.text);
    assert.match(list.text, /#EXT-X-DISCONTINUITY\n(#EXT-X-PROGRAM-DATE-TIME.*\n)?#EXT-X-MAP/);
  }
  assert.deepEqual((await studio()).gaps ?? [], []);

  assert.equal(await page.evaluate(async () => (await fetch(window.booth.session, { method: 'DELETE' })).status), 200);
  await until('the seat to be free', async () => (await studio()).publisher === null);
  await end(lecturer, lesson);

  await t.test('picture and sound are together in the replay', async () => {
    const lesson = await plan(organizer, stage);
    const { key } = await rtmpAddress(lecturer, lesson);
    await page.evaluate(flashAndBeep);
    await page.evaluate(publish, { url: `${yunke.mediaUrl}/whip`, key, media: 'flashAndBeep' });
    const seen = async () => (await lecturer.get(`/api/studio/lessons/${lesson}`)).publisher?.video;
    await until('the flashes', seen, { within: 20_000 });
    // Two sender reports of each track, some seconds apart, are needed.
    await watchFor(12_000);
    await goLive(lecturer, lesson);
    for (const ms of [5_000, 10_000, 15_000]) await edgePast(near, lesson, ms);
    await end(lecturer, lesson);
    const late = await flashesAfterBeeps((await near.lease(lesson)).replay_url);
    t.diagnostic(`flashes after their beeps, ms: ${late.join(' ')}`);
    assert.ok(late.length >= 8, `only ${late.length} flashes with a beep`);
    // The page itself is worth 10 to 50 ms: a picture is captured up to 33 ms after it is painted.
    assert.ok(Math.abs(median(late) - 20) <= 40, `${median(late)} ms`);
  });
});

test('a browser publishes over lines that lose packets, both ways, 50 ms there and back', async (t) => {
  const chrome = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS });
  t.after(() => chrome.close());
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, stage } = await cast(yunke);
  const probe = await chrome.newPage();
  const codecs = await probe.evaluate(() => RTCRtpSender.getCapabilities('video').codecs.map((codec) => codec.mimeType));
  if (!codecs.includes('video/H264')) return t.skip('this Chromium sends no H.264');

  await t.test('3 %: no hole, no gap, hardly a key frame', async (t) => {
    const { lost, keys, hole, kept, frames } = await overLine(t, { loss: 0.03, ms: FULL ? 60_000 : 30_000, seed: 20_261_122 });
    assert.ok(lost <= 3 && keys <= 2, `${lost} packets never came, ${keys} key frames were asked for`);
    assert.ok(hole < MAX_HOLE_MS, `a hole of ${hole} ms`);
    assert.ok(kept >= 0.97 * frames, `${kept} of ${frames} frames`);
  });
  await t.test('10 %: the lesson goes on', async (t) => {
    const { hole, kept, frames } = await overLine(t, { loss: 0.1, ms: 25_000, seed: 20_261_130 });
    assert.ok(hole < 3_000, `a hole of ${hole} ms`);
    assert.ok(kept >= 0.6 * frames, `${kept} of ${frames} frames`);
  });

  /**
   * A lesson of a moving picture over a line that begins to lose once it is on air; what came of it after so many ms. It has no gap, no
   * discontinuity and no silence.
   */
  async function overLine(t, { loss, ms, seed }) {
    const lesson = await plan(organizer, stage);
    const { key } = await rtmpAddress(lecturer, lesson);
    const page = await chrome.newPage();
    await page.goto(`${yunke.mediaUrl}/health`);
    await page.evaluate(movingAndLoud);
    // Its TCP leads nowhere: the browser is to stay on UDP.
    const line = await LossyLine.open(t, yunke.ports.webrtc, { loss: 0, delayMs: 25, seed });
    const { status, sdp } = await page.evaluate(publish, { url: await over(t, yunke, line), key, media: 'movingAndLoud', kbps: KBPS });
    assert.equal(status, 201, sdp);
    await until('the picture', async () => (await lecturer.get(`/api/studio/lessons/${lesson}`)).publisher?.video?.height === 720, {
      within: 20_000,
    });
    await goLive(lecturer, lesson);
    line.loss = loss;
    const before = await page.evaluate(sent);
    for (let at = 10_000; at <= ms; at += 10_000) await edgePast(near, lesson, at);
    const after = await page.evaluate(sent);
    const { protocol } = await page.evaluate(way);
    const logs = yunke.allLogs().length;
    const { gaps } = await end(lecturer, lesson);
    await page.close();
    const told = await until(
      'the log to say what the line lost',
      () => stripVTControlCharacters(yunke.allLogs().slice(logs)).match(/video\.missing=.*/)?.[0],
    );
    const figure = (name) => Number(told.match(new RegExp(`${name.replace('.', '\\.')}=(\\d+)`))[1]);
    const { replay_url: replay } = await near.lease(lesson);
    const times = await frameTimes(replay);
    const hole = Math.round(Math.max(...times.slice(1).map((at, n) => at - times[n])));
    const lists = await Promise.all(['video.m3u8', 'audio.m3u8'].map(async (name) => [name, await playlist(beside(replay, name))]));
    const silences = await pauses(replay);
    const kbps = Math.round(((after.bytes - before.bytes) * 8) / (after.at - before.at));
    const frames = after.frames - before.frames;
    t.diagnostic(
      `${loss * 100} %: ${kbps} kbit/s ${after.size}, ${after.packets - before.packets} packets, ${after.plis - before.plis} PLIs, ${after.keys - before.keys} key frames, ${after.nacks} NACKs, ${after.again} sent again; sound ${JSON.stringify(after.sound)}`,
    );
    t.diagnostic(
      `${loss * 100} %: ${line.dropped} of ${line.passed + line.dropped} datagrams lost; ${told}; ${frames} frames sent, ${times.length} kept, the longest step is ${hole} ms`,
    );
    // Else nothing was shown. How much a browser sends on a busy machine is its own affair; so much must have been lost.
    assert.ok(line.dropped > LOST_AT_LEAST, `only ${line.dropped} datagrams were lost: ${kbps} kbit/s, limited by ${after.limited}`);
    assert.equal(protocol, 'udp');
    assert.deepEqual(gaps, []);
    for (const [name, list] of lists) assert.deepEqual([list.gaps, list.discontinuities], [0, 0], `${name}\n${list.text}`);
    assert.deepEqual(silences, []);
    return { hole, frames, kept: times.length, lost: figure('video.lost'), keys: figure('keys.loss') };
  }
});
