// PostgreSQL goes away under load, in silence and by name, and comes back as one that only reads: what was acknowledged is there, and
// all is well again without a restart.
// Cost: 100 s, light.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cast } from '../harness/cast.mjs';
import { edgePast, goLive, plan, publish } from '../harness/lessons.mjs';
import { Listener } from '../harness/listener.mjs';
import { Postgres, Wire } from '../harness/postgres.mjs';
import { until, watchFor } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const PIECE_MS = 50;
/** How soon all of the pool is usable once the database is back. */
const BACK_MS = 15_000;

test('the database goes away during a lesson', async (t) => {
  const server = await Postgres.start(t);
  const wire = await Wire.lay(t, server.port);
  const database = await server.database();
  const url = database.replace(`:${server.port}/`, `:${wire.port}/`);
  const yunke = await Yunke.start(t, { demo: true, quiet: true, env: { YUNKE_DATABASE_URL: url } });
  const { organizer, lecturer, near, near2, far, stage } = await cast(yunke);
  const lesson = await plan(organizer, { ...stage, audience: [near.me.branch.id, far.me.branch.id] });
  await publish(t, lecturer, lesson, { video: false });
  const { zero_at: zero } = await goLive(lecturer, lesson);
  await edgePast(near, lesson, 4_000);
  const clock = () => Date.now() - zero;
  const listeners = await Promise.all(
    [near, near2, far].map((person) => new Listener(person, lesson, { clock, pieceMs: PIECE_MS, turn: 0, of: 1 }).open()),
  );
  const playing = setInterval(() => listeners.forEach((one) => one.listen()), 300);
  t.after(() => clearInterval(playing));
  const acked = () => listeners.reduce((sum, one) => sum + one.acked.size, 0);
  const grows = async () => {
    const before = acked();
    await until('beats to be acknowledged', () => acked() > before + 20);
  };
  /** What was refused or lost with a connection goes up again, as a page does it. */
  const sendAgain = async () => {
    const sent = listeners.map((one) => one.made.size);
    // A page that is turned away while connections are replaced tries again, too.
    const enters = (one) =>
      one.enter().then(
        () => true,
        () => false,
      );
    for (const one of listeners) await until('the room to let them in', () => enters(one));
    await until('everything up to now to be acknowledged', () =>
      listeners.every((one, i) => one.unacked().every(({ seq }) => seq > sent[i])),
    );
  };
  /** As many questions at once as the pool has connections, and more. */
  const allAnswer = async () => {
    const asked = Array.from({ length: 40 }, () =>
      near.raw('GET', `/api/lessons/${lesson}`).then(
        ({ status }) => status,
        () => 0,
      ),
    );
    return (await Promise.all(asked)).every((status) => status === 200);
  };
  const backIn = async (heal) => {
    await heal();
    const began = performance.now();
    await until('all of it to be answered again', allAnswer, { within: 2 * BACK_MS });
    const ms = performance.now() - began;
    t.diagnostic(`all answered ${(ms / 1_000).toFixed(1)} s after it was back`);
    assert.ok(ms <= BACK_MS, `${ms.toFixed(0)} ms`);
    await sendAgain();
    await grows();
  };
  const unavailable = () => until('503', async () => (await near.raw('GET', `/api/lessons/${lesson}`)).status === 503, { within: 30_000 });

  await t.test('its network swallows bytes', async () => {
    await grows();
    wire.swallow();
    await unavailable();
    // Longer than the silence one report makes up for: without an outage that is known, everybody would lose some of it.
    await watchFor(45_000);
    await backIn(() => wire.heal());
  });

  await t.test('its connections break', async () => {
    wire.cut();
    await backIn(() => undefined);
  });

  await t.test('it only reads', async () => {
    await server.ask('ALTER SYSTEM SET default_transaction_read_only = on');
    await server.ask('SELECT pg_reload_conf()');
    await until('a change to be refused as not possible now', async () => {
      const body = { id: crypto.randomUUID(), text: '现在能问吗' };
      return (await near.raw('POST', `/api/lessons/${lesson}/questions`, { body })).status === 503;
    });
    await watchFor(5_000);
    await backIn(async () => {
      await server.ask('ALTER SYSTEM RESET default_transaction_read_only');
      await server.ask('SELECT pg_reload_conf()');
    });
  });

  await t.test('nothing that was acknowledged is lost, and nothing is there twice', async () => {
    clearInterval(playing);
    await sendAgain();
    await until('the last acknowledgement', () => listeners.every((one) => one.unacked().length === 0));
    for (const one of listeners) {
      const { counted_ms: counted } = await one.person.get(`/api/lessons/${lesson}/progress`);
      assert.equal(counted, one.made.size * PIECE_MS);
    }
    const rows = await server.ask('SELECT count(*) FROM beats b JOIN leases l ON l.id = b.lease_id', database.split('/').pop());
    assert.ok(Number(rows) >= listeners.reduce((sum, one) => sum + one.made.size, 0));
    assert.equal(await server.ask('SELECT count(*) FROM beat_conflicts', database.split('/').pop()), '0');
  });
});
