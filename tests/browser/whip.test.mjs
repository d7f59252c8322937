// A lecturer's browser publishes by WHIP: Chromium with its fake camera, as the booth does it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { cast } from '../harness/cast.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { edgePast, end, goLive, plan, rtmpAddress } from '../harness/lessons.mjs';
import { timed, until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const ARGS = ['--no-sandbox', '--disable-gpu', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

/** In the page: camera and microphone, an offer, and what came back. */
async function publish({ url, key }) {
  const camera = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360, frameRate: 25 } });
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

  assert.equal(await page.evaluate(async () => (await fetch(window.booth.session, { method: 'DELETE' })).status), 200);
  await until('the seat to be free', async () => (await studio()).publisher === null);
  await end(lecturer, lesson);
});
