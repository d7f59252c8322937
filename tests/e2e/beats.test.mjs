// Evidence: what is acknowledged, what is refused, what earns nothing.
// Cost: 22 s, light.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { beat } from '../harness/api.mjs';
import { cast } from '../harness/cast.mjs';
import { signLease } from '../harness/lease.mjs';
import { fetching } from '../harness/fetching.mjs';
import { edgePast, goLive, plan, publish } from '../harness/lessons.mjs';
import { until, watchFor } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

test('beats', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const people = await cast(yunke);
  const { organizer, lecturer, near, near2, far, stage } = people;
  const lesson = await plan(organizer, stage);
  await publish(t, lecturer, lesson, { video: false });
  await goLive(lecturer, lesson);
  const edge = async () => (await near.get(`/api/lessons/${lesson}`)).edge_ms;
  const send = (person, lease, beats) => person.post(`/api/lessons/${lesson}/beats`, { lease: lease.lease, beats });
  const counted = async (person) => (await person.get(`/api/lessons/${lesson}/progress`)).counted_ms;

  await t.test('played time is acknowledged and counted; the same beat again changes nothing', async () => {
    const lease = await near.lease(lesson);
    fetching(t, lease.live_url);
    const now = await edgePast(near, lesson, 4_000);
    const first = await send(near, lease, [beat(1, now - 2_000, now)]);
    assert.deepEqual(first.acked, [1], JSON.stringify({ now, first }));
    assert.equal(first.progress.counted_ms, 2_000);
    const again = await send(near, lease, [beat(1, now - 2_000, now)]);
    assert.deepEqual(again.acked, [1]);
    assert.equal(again.progress.counted_ms, 2_000);
    const other = await send(near, lease, [beat(1, now - 1_000, now)]);
    assert.deepEqual(other.refused, [{ seq: 1, code: 'seq_conflict' }]);
    assert.equal(await counted(near), 2_000);
  });

  await t.test('a forged hour earns at most the allowance and the time that passed', async () => {
    const lease = await near2.lease(lesson);
    fetching(t, lease.live_url);
    await send(near2, lease, [beat(1, 0, 3_600_000, { rate_milli: 1000 })]);
    const length = await edge();
    const earned = await counted(near2);
    assert.ok(earned <= 5_000 && earned <= length + 2_000, `earned ${earned} ms`);
  });

  await t.test('nonsense is refused clearly and leaves no trace', async () => {
    const lease = await near2.lease(lesson);
    const before = await counted(near2);
    const cases = [
      ['reversed', beat(1, 5_000, 1_000)],
      ['negative', beat(1, -5_000, 1_000)],
      ['huge', beat(1, 0, Number.MAX_SAFE_INTEGER)],
      ['a fraction', beat(1, 0.5, 1_000)],
      ['a text', beat(1, '0', '1000')],
      ['no seq', { ...beat(1, 0, 1_000), seq: undefined }],
      ['seq 0', beat(0, 0, 1_000)],
      ['a negative rate', beat(1, 0, 1_000, { rate_milli: -1000 })],
      ['an unknown state', beat(1, 0, 1_000, { state: 'dreaming' })],
      ['an unknown field', beat(1, 0, 1_000, { credit: 'full' })],
    ];
    for (const [name, wrong] of cases) {
      const response = await near2.raw('POST', `/api/lessons/${lesson}/beats`, { body: { lease: lease.lease, beats: [wrong] } });
      const answer = await response.json();
      const refused =
        response.status >= 400 ? response.status < 500 && answer.code : answer.refused.length === 1 || answer.progress.counted_ms <= before;
      assert.ok(refused, `${name}: ${response.status} ${JSON.stringify(answer)}`);
      assert.equal(await counted(near2), before, `${name} earned something`);
    }
    for (const body of ['{"lease":"x","beats":[{"seq":1,"from_ms":NaN}]}', '{"beats":', '[]', 'null', '\u0000', '']) {
      const response = await near2.raw('POST', `/api/lessons/${lesson}/beats`, { body });
      assert.ok([400, 422].includes(response.status), `${body}: ${response.status}`);
      assert.match(response.headers.get('content-type'), /problem\+json/);
    }
  });

  await t.test('overlapping and repeated intervals count once', async () => {
    const lease = await near.lease(lesson);
    const before = await counted(near);
    await watchFor(4_000);
    const now = await edge();
    const sent = await send(near, lease, [beat(1, now - 2_500, now - 1_000), beat(2, now - 2_000, now), beat(3, now - 2_500, now - 1_500)]);
    assert.deepEqual([...sent.acked].sort(), [1, 2, 3]);
    const gained = (await counted(near)) - before;
    assert.ok(gained <= 2_500 && gained > 0, `gained ${gained} ms`);
  });

  await t.test('paused, buffering, too fast and ahead of the edge earn nothing', async () => {
    const lease = await near2.lease(lesson);
    await watchFor(1_000);
    const before = await counted(near2);
    const now = await edge();
    await send(near2, lease, [
      beat(1, now - 800, now, { state: 'paused' }),
      beat(2, now - 800, now, { state: 'buffering' }),
      beat(3, now - 800, now, { rate_milli: 2000 }),
      beat(4, now + 60_000, now + 61_000),
    ]);
    assert.equal(await counted(near2), before);
  });

  await t.test('a lease is of one person, one lesson and a time', async () => {
    const lease = await near.lease(lesson);
    const stolen = await near2.raw('POST', `/api/lessons/${lesson}/beats`, { body: { lease: lease.lease, beats: [beat(1, 0, 100)] } });
    assert.equal(stolen.status, 403);
    const other = await plan(organizer, stage);
    const elsewhere = await near.raw('POST', `/api/lessons/${other}/beats`, { body: { lease: lease.lease, beats: [beat(1, 0, 100)] } });
    assert.equal(elsewhere.status, 403);
    const secret = (await readFile(join(yunke.data, 'secret'), 'utf8')).trim();
    const old = signLease(secret, { lease: randomUUID(), lesson, expiresAt: Date.now() - 1_000 });
    const expired = await near.raw('POST', `/api/lessons/${lesson}/beats`, { body: { lease: old, beats: [beat(1, 0, 100)] } });
    assert.equal(expired.status, 403);
    assert.equal((await expired.json()).code, 'lease_expired');
    const uninvited = await far.raw('POST', `/api/lessons/${lesson}/beats`, { body: { lease: lease.lease, beats: [beat(1, 0, 100)] } });
    assert.equal(uninvited.status, 403);
  });

  await t.test('the room counts a viewer within 2 s and lets go of one that leaves within 2 s', async (t) => {
    // A lesson of its own: who was in the other one stays there for 45 s.
    const quiet = await plan(organizer, stage);
    await publish(t, lecturer, quiet, { video: false });
    await goLive(lecturer, quiet);
    const staff = await lecturer.room(quiet).open();
    const lease = await near.lease(quiet);
    const room = await near.room(quiet, lease.lease).open();
    const now = await edgePast(near, quiet, 1);
    room.send([beat(1, now, now, { cause: 'play' })]);
    await staff.shows('one viewer', (state) => state.viewers_now === 1, { within: 2_000 });
    await room.answered(1);
    room.send([beat(2, now, now, { state: 'left', cause: 'hide' })]);
    await staff.shows('nobody', (state) => state.viewers_now === 0, { within: 2_000 });
    assert.equal(staff.state.publisher?.transport, 'rtmp');
    assert.equal(room.state.publisher ?? null, null, 'a member sees the publisher');
    room.close();
    staff.close();
  });

  await t.test("garbage in the room is answered or ends that socket, and nobody else's", async () => {
    const watcher = await lecturer.room(lesson).open();
    for (const rubbish of [
      '{',
      '{"type":"beats","beats":[{"seq":"x"}]}',
      '{"type":"grant","hours":99}',
      'x'.repeat(2_000_000),
      Buffer.from([0, 255, 1]),
    ]) {
      const lease = await near2.lease(lesson);
      const room = await near2.room(lesson, lease.lease).open();
      room.socket.send(rubbish);
      await until(
        'a refusal or the end',
        () => room.closed || room.messages.some((message) => message.type === 'error' || message.refused?.length > 0),
      );
      room.close();
    }
    assert.equal(watcher.closed, null);
    watcher.close();
  });

  await t.test('a beat without a number is refused in the answer to its batch, the others are kept', async () => {
    const lease = await near2.lease(lesson);
    const room = await near2.room(lesson, lease.lease).open();
    const now = await edge();
    const unread = { ...beat(1, now, now), seq: 'x' };
    room.send([unread, beat(2, now, now)]);
    await room.answered(2);
    const ack = room.messages.find((message) => message.type === 'ack');
    assert.deepEqual(ack.acked, [2]);
    assert.deepEqual(ack.refused, [{ seq: null, code: 'malformed' }]);
    assert.deepEqual(
      room.messages.filter((message) => message.type === 'error'),
      [],
    );
    for (let i = 0; i < 12; i += 1) room.send([unread]);
    await until('the socket to be closed', () => room.closed);
    const posted = await send(near2, lease, [unread, beat(3, now, now)]);
    assert.deepEqual([posted.acked, posted.refused], [[3], [{ seq: null, code: 'malformed' }]]);
  });

  await t.test('a 100 MB body is refused without being read', async () => {
    const huge = Buffer.alloc(100_000_000, 0x20);
    const outcome = await near.raw('POST', `/api/lessons/${lesson}/beats`, { body: huge }).then(
      (r) => r.status,
      (error) => error.cause?.code ?? error.message,
    );
    assert.ok(outcome === 413 || /EPIPE|ECONNRESET|UND_ERR/.test(outcome), `answered ${outcome}`);
    const small = await near.raw('POST', `/api/lessons/${lesson}/beats`, { body: ' '.repeat(300_000) });
    assert.equal(small.status, 413);
    assert.equal((await near.get('/api/me')).id, near.me.id);
  });
});
