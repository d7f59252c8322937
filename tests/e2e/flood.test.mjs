// Strangers at the WebRTC port, and publishers that never connect, while a lesson is live by WHIP.
// Cost: 27 s, light.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { cast } from '../harness/cast.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { edgePast, goLive, plan, rtmpAddress } from '../harness/lessons.mjs';
import { noise, random } from '../harness/rubbish.mjs';
import { timed, until, watchFor } from '../harness/wait.mjs';
import { H264, WhipSink, offerOf, post } from '../harness/whip.mjs';
import { Yunke } from '../harness/yunke.mjs';

const SEED = 20_261_122;
const HALF_OPEN = 100;
/** `whip_sessions` of media/src/config.rs. */
const SESSIONS = 64;
/** Offers at once; more than 32 are told to come again before they are looked at. */
const AT_ONCE = 20;
const FLOOD = 50_000;
const BURST = 250;
const BURST_MS = 20;
/** What the allocator may keep of a hundred peers. */
const KEPT_MB = 40;

async function rssMb(pid) {
  return Number((await readFile(`/proc/${pid}/status`, 'utf8')).match(/VmRSS:\s+(\d+)/)[1]) / 1024;
}

/** A STUN binding request for somebody. */
function request(next) {
  const name = Buffer.from(`${noise(next, 3).toString('hex')}:peer`);
  const padded = Buffer.concat([name, Buffer.alloc((4 - (name.length % 4)) % 4)]);
  const head = Buffer.concat([Buffer.from([0, 1, 0, padded.length + 4, 0x21, 0x12, 0xa4, 0x42]), noise(next, 12)]);
  return Buffer.concat([head, Buffer.from([0, 6, 0, name.length]), padded]);
}

test('floods', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, stage } = await cast(yunke);
  const url = `${yunke.mediaUrl}/whip`;
  const planned = async () => {
    const lesson = await plan(organizer, stage);
    return { lesson, ...(await rtmpAddress(lecturer, lesson)) };
  };
  const { lesson, key } = await planned();
  const publisher = new WhipSink(url, key, ['--width', '640', '--height', '360']);
  t.after(() => publisher.stop('SIGKILL'));
  await until(
    'picture and sound',
    async () => {
      const { publisher: seen } = await lecturer.get(`/api/studio/lessons/${lesson}`);
      return seen?.video && seen?.audio;
    },
    { within: 20_000 },
  );
  await goLive(lecturer, lesson);
  const lease = await near.lease(lesson);
  await edgePast(near, lesson, 3_000);
  const media = await yunke.media();
  const metric = async (name) => {
    const lines = await (await fetch(`${yunke.mediaUrl}/metrics`)).text();
    return Number(lines.match(new RegExp(`^${name}(?:{[^}]*})? (.*)$`, 'm'))?.[1] ?? 0);
  };
  /** The lesson grew without a gap or a break, and it is the same process. */
  const unharmed = async (from) => {
    await edgePast(near, lesson, from + 2_000);
    const list = await playlist(beside(lease.live_url, 'video.m3u8'));
    assert.deepEqual([list.gaps, list.discontinuities], [0, 0], list.text);
    assert.ok(publisher.alive);
    assert.equal(await yunke.mediaPid(), media, 'yunke-media was restarted');
  };
  const edge = async () => (await near.get(`/api/lessons/${lesson}`)).edge_ms;

  await t.test('fifty thousand datagrams of strangers', async () => {
    const next = random(SEED);
    const sockets = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const socket = createSocket('udp4').bind(0, '127.0.0.1');
        await once(socket, 'listening');
        return socket;
      }),
    );
    const rubbish = Array.from({ length: 64 }, (_, n) => (n % 4 === 0 ? noise(next, 100) : request(next)));
    const from = await edge();
    const before = { dropped: await metric('yunke_media_webrtc_strangers_dropped_total'), rss: await rssMb(media) };
    const { ms } = await timed(async () => {
      for (let sent = 0; sent < FLOOD; sent += BURST) {
        for (let n = 0; n < BURST; n += 1)
          sockets[n % sockets.length].send(rubbish[(sent + n) % rubbish.length], yunke.ports.webrtc, '127.0.0.1');
        await watchFor(BURST_MS);
      }
    });
    for (const socket of sockets) socket.close();
    await unharmed(from);
    const dropped = (await metric('yunke_media_webrtc_strangers_dropped_total')) - before.dropped;
    const rss = await rssMb(media);
    t.diagnostic(`${FLOOD} in ${Math.round(ms)} ms, ${dropped} of them counted; memory ${before.rss.toFixed(0)} → ${rss.toFixed(0)} MB`);
    // What the kernel drops before us is not ours to count.
    assert.ok(dropped > FLOOD / 2 && dropped <= FLOOD, `${dropped} counted`);
    assert.ok(rss - before.rss < 20, `memory grew by ${rss - before.rss} MB`);
  });

  await t.test('a hundred publishers that never connect', async () => {
    const doors = [];
    while (doors.length < HALF_OPEN) doors.push(...(await Promise.all(Array.from({ length: AT_ONCE }, planned))));
    const before = await rssMb(media);
    const from = await edge();
    const answers = [];
    for (let n = 0; n < doors.length; n += AT_ONCE) {
      const batch = doors.slice(n, n + AT_ONCE).map(({ key }) => post(url, offerOf(H264), { key }));
      answers.push(...(await Promise.all(batch)));
    }
    const let_in = answers.filter(({ status }) => status === 201).length;
    const refused = answers.filter(({ status }) => status !== 201);
    for (const { headers } of answers.filter(({ status }) => status === 201))
      yunke.secret('session', headers.get('location').split('/').pop());
    assert.ok(let_in <= SESSIONS - 1 && let_in >= SESSIONS / 2, `${let_in} were let in beside the live one`);
    for (const { status, code, headers } of refused) {
      assert.deepEqual([status, code], [503, 'full']);
      assert.ok(Number(headers.get('retry-after')) >= 1);
    }
    const full = await rssMb(media);
    const { ms } = await timed(() =>
      until('the half-open ones to be given up', async () => (await metric('yunke_media_whip_sessions')) === 1, { within: 15_000 }),
    );
    const late = doors.at(-1);
    const served = await post(url, offerOf(H264), { key: late.key });
    assert.equal(served.status, 201, served.text);
    yunke.secret('session', served.headers.get('location').split('/').pop());
    await fetch(new URL(served.headers.get('location'), url), { method: 'DELETE' });
    await unharmed(from);
    const after = await rssMb(media);
    t.diagnostic(
      `${let_in} let in, ${refused.length} told to come again; gone after ${Math.round(ms)} ms; memory ${before.toFixed(0)} → ${full.toFixed(0)} → ${after.toFixed(0)} MB`,
    );
    assert.ok(after - before < KEPT_MB, `memory grew by ${after - before} MB`);
  });
});
