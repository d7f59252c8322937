// A centre in PostgreSQL: the same lesson, evidence and export as with the embedded database, and the way from one to the other.
// Cost: 40 s, light.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { cast } from '../harness/cast.mjs';
import { edgePast, end, goLive, plan, publish } from '../harness/lessons.mjs';
import { Listener } from '../harness/listener.mjs';
import { Postgres } from '../harness/postgres.mjs';
import { until } from '../harness/wait.mjs';
import { binFolder, Yunke } from '../harness/yunke.mjs';
import { seen } from '../fixtures/upgrade/seen.mjs';

const run = promisify(execFile);
const copy = (from, to) => run(join(binFolder, 'yunke'), ['store', 'copy', '--from', from, '--to', to]);
/** What a command that must not succeed said. */
const refused = (promise) =>
  promise.then(
    () => assert.fail('it was not refused'),
    ({ stderr }) => stderr,
  );

test('a centre in PostgreSQL', async (t) => {
  const server = await Postgres.shared();
  const url = await server.database();
  const yunke = await Yunke.start(t, { demo: true, quiet: true, env: { YUNKE_DATABASE_URL: url } });
  let people = await cast(yunke);
  const lesson = await plan(people.organizer, people.stage);

  await t.test('a lesson is given, watched, counted and exported', async (t) => {
    const { lecturer, near, organizer } = people;
    const encoder = await publish(t, lecturer, lesson, { video: false });
    const { zero_at: zero } = await goLive(lecturer, lesson);
    await edgePast(near, lesson, 5_000);
    const listener = await new Listener(near, lesson, { clock: () => Date.now() - zero, pieceMs: 1_000, turn: 0, of: 1 }).open();
    const playing = setInterval(() => listener.listen(), 500);
    await until('some beats to be acknowledged', () => listener.acked.size >= 5);
    clearInterval(playing);
    await until('all of them', () => listener.unacked().length === 0);
    await end(lecturer, lesson);
    encoder.kill('SIGINT');
    const { counted_ms: counted } = await near.get(`/api/lessons/${lesson}/progress`);
    assert.equal(counted, listener.made.size * 1_000);
    const csv = await (await organizer.raw('GET', `/api/console/lessons/${lesson}/export?format=csv`)).text();
    assert.match(csv, new RegExp(near.me.name));
  });

  const before = await seen(people);
  await yunke.interrupt();
  const file = join(yunke.folder, 'copied', 'yunke.db');
  const again = await server.database();

  await t.test('it moves to the embedded database and back, and all of it is the same', async () => {
    const { stdout } = await copy(url, `sqlite://${file}`);
    assert.match(stdout, /rows of \d+ tables are the same in both databases/);
    assert.match(stdout, / beats\n/);
    await copy(`sqlite://${file}`, again);
    yunke.options.env.YUNKE_DATABASE_URL = again;
    await yunke.launch();
    people = await cast(yunke);
    assert.deepEqual(await seen(people), before);
    // Numbers the database counts up go on.
    await plan(people.organizer, people.stage);
  });

  await t.test('a copy touches no database that holds anything, or that a server is on', async () => {
    assert.match(await refused(copy(again, `sqlite://${join(yunke.folder, 'elsewhere', 'yunke.db')}`)), /a server runs on .*--from/);
    await yunke.interrupt();
    assert.match(await refused(copy(`sqlite://${file}`, again)), /is not empty .*copy into a new database/);
    assert.match(await refused(copy(`sqlite://${file}`, `sqlite://${file}`)), /are the same database/);
    assert.match(await refused(copy(`sqlite://${join(yunke.folder, 'nowhere.db')}`, again)), /there is no database/);
  });

  await t.test('text that PostgreSQL does not keep is named, and nothing is copied', async () => {
    const empty = await server.database();
    const script =
      "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute(\"update lessons set title = 'a' || char(0) || 'b'\"); db.commit()";
    await run('/usr/bin/python3', ['-c', script, file]);
    assert.match(await refused(copy(`sqlite://${file}`, empty)), /lessons, row [0-9a-f-]{36}, column title: .*U\+0000/);
    assert.equal(await server.ask('SELECT count(*) FROM units', empty.split('/').pop()), '0');
  });
});

test('what is no database for Yunke is refused with a sentence', async () => {
  const server = await Postgres.shared();
  const start = (url) =>
    refused(run(join(binFolder, 'yunke'), ['serve', '--data', '/nonexistent/yunke', '--listen', '127.0.0.1:0', '--database-url', url]));
  assert.match(await start('mysql://a/b'), /database_url: must be postgres:\/\//);
  const of = (url) => refused(copy(url, 'sqlite:///nonexistent/yunke.db'));
  const ascii = await server.database("ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0");
  assert.match(await of(ascii), /has the encoding SQL_ASCII and must have UTF8: create it with/);
  assert.match(await of(server.of('nothing_here')), /database "nothing_here" does not exist/);
  assert.match(await of('postgres://yunke:geheim123@127.0.0.1:1/yunke'), /postgres:\/\/yunke@127\.0\.0\.1:1\/yunke.*Connection refused/);
  assert.ok(!(await of('postgres://yunke:geheim123@127.0.0.1:1/yunke')).includes('geheim123'));
});

test('two servers that start at once on a new database are both ready', async (t) => {
  const url = await (await Postgres.shared()).database();
  const both = await Promise.all([0, 1].map(() => Yunke.start(t, { env: { YUNKE_DATABASE_URL: url } })));
  for (const yunke of both) assert.equal((await fetch(`${yunke.url}/health`)).status, 200);
});
