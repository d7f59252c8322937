// Garbage on every port: whatever comes, the lesson that is live goes on and the programs stay.
// Cost: 12 s, light.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { cast } from '../harness/cast.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { goLive, plan, publish } from '../harness/lessons.mjs';
import { malformedRtmp, noise, random, throwAt } from '../harness/rubbish.mjs';
import { until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const SEED = 20_261_122;

async function rssMb(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(status.match(/VmRSS:\s+(\d+)/)[1]) / 1024;
}

test('garbage', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage);
  const publisher = await publish(t, lecturer, lesson);
  await goLive(lecturer, lesson);
  const lease = await near.lease(lesson);
  const next = random(SEED);
  const media = await yunke.media();
  const before = { server: await rssMb(yunke.program.pid), media: await rssMb(media) };

  /** The lesson still grows, the API still answers, and the processes are the ones they were. */
  const unharmed = async () => {
    const { next: at } = await playlist(beside(lease.live_url, 'video.m3u8'));
    await until('the lesson to go on', async () => (await playlist(beside(lease.live_url, 'video.m3u8'))).next.msn > at.msn);
    assert.equal((await near.get('/api/me')).id, near.me.id);
    assert.ok(publisher.alive, 'the publisher was thrown out');
    assert.ok(yunke.program.alive);
    assert.equal(await yunke.mediaPid(), media, 'yunke-media was restarted');
  };

  await t.test('noise and nonsense over HTTP', async () => {
    const requests = [
      noise(next, 50_000),
      Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n'),
      Buffer.from(`GET /${'a'.repeat(200_000)} HTTP/1.1\r\nHost: x\r\n\r\n`),
      Buffer.from(`GET / HTTP/1.1\r\nHost: x\r\n${'x: y\r\n'.repeat(5_000)}\r\n`),
      Buffer.from('POST /api/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n'),
      Buffer.from('GET /..%2f..%2f..%2fetc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\xff'),
    ];
    for (const port of [yunke.ports.web, yunke.ports.media]) {
      for (const request of requests) {
        const answer = (await throwAt(port, request)).toString('latin1');
        assert.doesNotMatch(answer, /^HTTP\/1\.[01] 5|root:x:/, `${request.subarray(0, 40)} → ${answer.slice(0, 80)}`);
      }
    }
    await unharmed();
  });

  await t.test('paths that climb, and files that are none', async () => {
    for (const path of [
      '/%2e%2e/%2e%2e/etc/passwd',
      '/assets/../../Cargo.toml',
      '/live/../../secret',
      '/replay/a/b/c',
      '/%00',
      '/api/lessons/%F0%9F',
      '/api/lessons/not-a-uuid',
    ]) {
      for (const base of [yunke.ports.web, yunke.ports.media]) {
        const answer = (
          await throwAt(base, Buffer.from(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`), { limit: 1_000, half: true })
        ).toString();
        assert.doesNotMatch(answer, /root:x:|\[workspace\]|^HTTP\/1\.1 5/, path);
      }
    }
  });

  await t.test('malformed RTMP of every kind', async () => {
    for (const [name, bytes] of Object.entries(malformedRtmp(next))) {
      const answer = await throwAt(yunke.ports.rtmp, bytes, { half: name.length % 2 === 0 });
      assert.ok(answer.length <= 65_536, name);
    }
    await Promise.all(Array.from({ length: 40 }, () => throwAt(yunke.ports.rtmp, noise(next, 3_000), { half: true })));
    await unharmed();
  });

  await t.test('what the RTMP port needs is an HTTP request, and the other way round', async () => {
    await throwAt(yunke.ports.rtmp, Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), { half: true });
    await throwAt(yunke.ports.web, Buffer.concat([Buffer.from([3]), Buffer.alloc(1536)]), { half: true });
    await unharmed();
  });

  await t.test('memory is where it was', async () => {
    const after = { server: await rssMb(yunke.program.pid), media: await rssMb(media) };
    t.diagnostic(
      `server ${before.server.toFixed(0)} → ${after.server.toFixed(0)} MB, media ${before.media.toFixed(0)} → ${after.media.toFixed(0)} MB`,
    );
    assert.ok(after.server - before.server < 60 && after.media - before.media < 80, JSON.stringify({ before, after }));
  });
});
