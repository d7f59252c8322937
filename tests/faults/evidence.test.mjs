// kill −9 of yunke while evidence pours in: what was acknowledged is there, what was not is taken once.
// Cost: 20 s, light.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cast } from '../harness/cast.mjs';
import { edgePast, goLive, plan, publish } from '../harness/lessons.mjs';
import { Listener } from '../harness/listener.mjs';
import { covered, evidence } from '../harness/played.mjs';
import { stored } from '../harness/store.mjs';
import { until, watchFor } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

/** Each member's leases take turns in pieces of the lesson this long: any beat that is lost is a hole in the coverage. */
const PIECE_MS = 20;
/** How often each lease sends what it has; a little more than a commit, so that no queue builds up. */
const SEND_EVERY_MS = 300;
const LEASES = 3;
/** Acknowledged in each round before the kill: "tens" would do. */
const ACKED = 200;
/**
 * When the server dies after an acknowledgement was heard. The writer commits at most every 250 ms (COMMIT_EVERY of
 * server/src/evidence/writer.rs): at once is just after a commit, 125 ms is half-way, 245 ms is where the next one is made.
 */
const PHASES_MS = [0, 125, 245, 250];

test('the server is killed while beats are on their way', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, near2, far, stage } = await cast(yunke);
  const lesson = await plan(organizer, { ...stage, audience: [near.me.branch.id, far.me.branch.id] });
  await publish(t, lecturer, lesson, { video: false });
  const { zero_at: zero } = await goLive(lecturer, lesson);
  await edgePast(near, lesson, 5_000);

  const clock = () => Date.now() - zero;
  const members = [near, near2, far];
  const listeners = await Promise.all(
    members.flatMap((person) =>
      Array.from({ length: LEASES }, (_, turn) => new Listener(person, lesson, { clock, pieceMs: PIECE_MS, turn, of: LEASES }).open()),
    ),
  );
  const listenAll = () => listeners.forEach((one) => one.listen());
  const inStore = () =>
    stored(
      yunke,
      listeners.map((one) => one.lease.lease_id),
    );
  // One after the other, so that batches arrive in every part of the commit's window.
  const playing = [];
  const stop = () => playing.forEach(clearInterval);
  t.after(stop);
  for (const one of listeners) {
    playing.push(setInterval(() => one.listen(), SEND_EVERY_MS));
    await watchFor(SEND_EVERY_MS / listeners.length);
  }
  const acked = () => listeners.reduce((sum, one) => sum + one.acked.size, 0);
  const key = (lease, seq) => `${lease} ${seq}`;

  /** Every one of the beats `which` names is in the store as it was sent. */
  const holdsThem = (rows, which) => {
    const found = new Map(rows.map(({ lease, received_at: _, ...body }) => [key(lease, body.seq), body]));
    for (const one of listeners) {
      for (const seq of which(one)) assert.deepEqual(found.get(key(one.lease.lease_id, seq)), one.made.get(seq));
    }
  };

  for (const phase of PHASES_MS) {
    await t.test(`killed ${phase} ms after an acknowledgement`, async (t) => {
      const before = acked();
      await until(`${ACKED} more acknowledgements`, () => acked() - before >= ACKED, { every: 5 });
      const heard = acked();
      await until('the next acknowledgement', () => acked() > heard, { every: 1 });
      await watchFor(phase);
      // One more batch of each lease goes out in the same turn as the kill.
      listenAll();
      const sent = listeners.map((one) => one.made.size);
      await yunke.killServer();
      await until('all sockets to be closed', () => listeners.every((one) => one.room.closed));

      // What a socket still brought counts as acknowledged: the member was told so.
      const promised = listeners.map((one) => [...one.acked]);
      const open = listeners.map((one, i) => sent[i] - one.acked.size);
      const { beats, conflicts } = await inStore();
      holdsThem(beats, (one) => promised[listeners.indexOf(one)]);
      assert.ok(open.every((count) => count >= 0) && open.some((count) => count > 0), 'nothing was on its way');
      assert.equal(conflicts, 0);
      const told = promised.reduce((sum, seqs) => sum + seqs.length, 0);
      t.diagnostic(
        `${told - before} acknowledged in this round, ${open.reduce((a, b) => a + b, 0)} on their way, ${beats.length - told} durable without an acknowledgement`,
      );

      // The members go on playing while the server starts again; then everything that is open goes up once more.
      await yunke.launch();
      await Promise.all(listeners.map((one) => one.enter()));
      await until('everything from before the kill to be acknowledged', () =>
        listeners.every((one, i) => Array.from({ length: sent[i] }, (_, n) => n + 1).every((seq) => one.acked.has(seq))),
      );
      for (const one of listeners) assert.deepEqual([...one.refused], []);
    });
  }

  await t.test('every beat is there once, and coverage is what it would have been', async (t) => {
    stop();
    listenAll();
    await until('the last acknowledgement', () => listeners.every((one) => one.unacked().length === 0));
    for (const person of members) {
      const mine = listeners.filter((one) => one.person === person);
      const pieces = mine.flatMap((one) => [...one.made.values()]);
      const { counted_ms: counted } = await person.get(`/api/lessons/${lesson}/progress`);
      assert.equal(counted, covered(pieces));
      assert.equal(counted, pieces.length * PIECE_MS);
      const { row, intervals } = await evidence(organizer, lesson, person);
      assert.equal(row.counted_ms, counted);
      assert.equal(intervals.length, pieces.length);
      assert.deepEqual(
        intervals.filter(({ verdict }) => verdict !== 'accepted'),
        [],
      );
      t.diagnostic(`${pieces.length} beats of ${mine.length} leases, ${counted} ms`);
    }
    const { gaps } = await near.get(`/api/lessons/${lesson}`);
    assert.deepEqual(gaps, []);
    await yunke.interrupt();
    const { beats, conflicts } = await inStore();
    holdsThem(beats, (one) => one.made.keys());
    assert.equal(
      beats.length,
      listeners.reduce((sum, one) => sum + one.made.size, 0),
    );
    assert.equal(conflicts, 0);
  });

  await t.test('another body under an acknowledged number is refused', async () => {
    await yunke.launch();
    const [one] = listeners;
    const changed = [...one.made.values()].slice(0, 20).map((body) => ({ ...body, to_ms: body.to_ms + 1 }));
    const answer = await one.person.post(`/api/lessons/${lesson}/beats`, { lease: one.lease.lease, beats: changed });
    assert.deepEqual(answer.acked, []);
    assert.deepEqual(
      answer.refused,
      changed.map(({ seq }) => ({ seq, code: 'seq_conflict' })),
    );
  });
});
