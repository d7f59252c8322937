// A lecturer's browser publishes by WHIP: Chromium with its fake camera, as the booth does it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { cast } from '../harness/cast.mjs';
import { frameTimes } from '../harness/frames.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { edgePast, end, goLive, plan, rtmpAddress } from '../harness/lessons.mjs';
import { LossyLine } from '../harness/lossy.mjs';
import { flashesAfterBeeps, median } from '../harness/together.mjs';
import { timed, until, watchFor } from '../harness/wait.mjs';
import { over } from '../harness/whip.mjs';
import { Yunke } from '../harness/yunke.mjs';

/** Without a picture for so long: what is lost is sent again, or a key frame asked for, within less. */
const MAX_HOLE_MS = 1_000;
const ARGS = ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

/** In the page: camera and microphone, an offer, and what came back. */
async function publish({ url, key, flashing }) {
  const fake = () => navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360, frameRate: 25 } });
  const camera = flashing ? window.flashAndBeep() : await fake();
  const pc = new RTCPeerConnection();
  for (const track of camera.getTracks()) pc.addTransceiver(track, { direction: 'sendonly', streams: [camera] });
  await pc.setLocalDescription(await pc.createOffer());
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${key}` },
    body: pc.localDescription.sdp,
  });
  const sdp = await response.text();
  if (response.status !== 201) return { status: response.status, sdp };
  await pc.setRemoteDescription({ type: 'answer', sdp });
  const session = new URL(response.headers.get('Location'), url).href;
  window.booth = { pc, key, session, tag: response.headers.get('ETag'), sdp };
  await new Promise((resolve, reject) => {
    const look = () => {
      if (pc.connectionState === 'connected') resolve();
      if (pc.connectionState === 'failed') reject(new Error('the connection failed'));
    };
    pc.addEventListener('connectionstatechange', look);
    look();
  });
  return { status: 201, session };
}

/** In the page: a picture that flashes and a tone that beeps with it, every 1.1 s. */
function flashAndBeep() {
  window.flashAndBeep = () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
    const paint = canvas.getContext('2d');
    const audio = new AudioContext({ sampleRate: 48_000 });
    const [tone, gate, out] = [audio.createOscillator(), audio.createGain(), audio.createMediaStreamDestination()];
    gate.gain.value = 0;
    tone.connect(gate).connect(out);
    tone.start();
    let began = performance.now();
    let on = false;
    setInterval(() => {
      const now = (performance.now() - began) % 1_100 < 200;
      if (now !== on) gate.gain.setValueAtTime(now ? 0.8 : 0, audio.currentTime);
      on = now;
      paint.fillStyle = on ? 'white' : 'black';
      paint.fillRect(0, 0, 320, 180);
    }, 10);
    return new MediaStream([...canvas.captureStream(30).getTracks(), ...out.stream.getTracks()]);
  };
}

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

/** In the page: what the browser counts of its picture. */
async function sent() {
  const report = [...(await window.booth.pc.getStats()).values()].find(({ type, kind }) => type === 'outbound-rtp' && kind === 'video');
  return { frames: report.framesSent, nacks: report.nackCount, again: report.retransmittedPacketsSent };
}

/** In the page: by what the media goes. */
async function way() {
  const stats = await window.booth.pc.getStats();
  const { selectedCandidatePairId: id, selectedCandidatePairChanges: changes } = [...stats.values()].find(({ type }) => type === 'transport');
  return { protocol: stats.get(stats.get(id).remoteCandidateId).protocol, changes };
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

  await until('picture and sound', async () => {
    const { publisher } = await studio();
    return publisher?.transport === 'whip' && publisher.video && publisher.audio?.rate === 48_000;
  }, { within: 20_000 });
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
    await page.evaluate(publish, { url: `${yunke.mediaUrl}/whip`, key, flashing: true });
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

  await t.test('a line that loses 3 % of all packets: what is lost is sent again, and the lesson has no hole', async () => {
    const lesson = await plan(organizer, stage);
    const { key } = await rtmpAddress(lecturer, lesson);
    // Its TCP leads nowhere: the browser is to stay on UDP.
    const line = await LossyLine.open(t, yunke.ports.webrtc, { loss: 0.03, delayMs: 10, seed: 20_261_122 });
    const { status, sdp } = await page.evaluate(publish, { url: await over(t, yunke, line), key });
    assert.equal(status, 201, sdp);
    const studio = () => lecturer.get(`/api/studio/lessons/${lesson}`);
    await until('the picture', async () => (await studio()).publisher?.video, { within: 20_000 });
    await goLive(lecturer, lesson);
    const before = await page.evaluate(sent);
    const lease = await near.lease(lesson);
    for (const ms of [5_000, 10_000]) await edgePast(near, lesson, ms);
    for (const name of ['video.m3u8', 'audio.m3u8']) {
      const list = await playlist(beside(lease.live_url, name));
      assert.deepEqual([list.gaps, list.discontinuities], [0, 0], `${name}\n${list.text}`);
    }
    const after = await page.evaluate(sent);
    const { protocol, changes } = await page.evaluate(way);
    await end(lecturer, lesson);
    await page.evaluate(() => window.booth.pc.close());
    const { replay_url: replay } = await near.lease(lesson);
    const times = await frameTimes(replay);
    const hole = Math.max(...times.slice(1).map((at, n) => at - times[n]));
    const kept = times.length;
    t.diagnostic(`by ${protocol} after ${changes} changes, ${line.byTcp} tried TCP; the longest step is ${Math.round(hole)} ms`);
    t.diagnostic(`${line.dropped} of ${line.passed + line.dropped} datagrams lost; ${after.nacks} asked for, ${after.again} sent again; ${after.frames - before.frames} frames sent, ${kept} kept`);
    assert.equal(protocol, 'udp');
    assert.ok(hole < MAX_HOLE_MS, `a hole of ${hole} ms`);
    assert.ok(line.dropped > 20 && after.again > 0, 'nothing was lost, or nothing sent again');
    assert.ok(kept >= 0.9 * (after.frames - before.frames), `${kept} of ${after.frames - before.frames} frames`);
  });
});
