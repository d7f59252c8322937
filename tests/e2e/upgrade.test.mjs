// A data folder of an earlier release is opened by this one: what people saw of it is as it was. One that a newer version wrote is
// refused with a sentence, and left alone.
// Cost: 12 s, light.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { seen } from '../fixtures/upgrade/seen.mjs';
import { cast } from '../harness/cast.mjs';
import { readCsv } from '../harness/sheets.mjs';
import { Yunke } from '../harness/yunke.mjs';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'upgrade');
const VERSIONS = readdirSync(FIXTURES).filter((name) => name.endsWith('.db.gz')).map((name) => name.slice(0, -'.db.gz'.length));

/** What names a row of people: they were in the order of code points, and are in that of pinyin since 0.2. */
const whose = (row) => row?.member_id ?? row?.['成员编号'];

/** All of `before` is in `now`, which may say more. */
function holds(now, before, where) {
  if (Array.isArray(before)) {
    assert.equal(now?.length, before.length, `${where}: as many`);
    const of = (one, at) => (whose(one) ? now.find((row) => whose(row) === whose(one)) : now[at]);
    before.forEach((one, at) => holds(of(one, at), one, `${where}[${at}]`));
  } else if (before !== null && typeof before === 'object') {
    for (const [key, value] of Object.entries(before)) holds(now?.[key], value, `${where}.${key}`);
  } else {
    assert.deepEqual(now, before, where);
  }
}

/**
 * An export by the names of its columns: new ones may have come. Who did not come was 未参加 at once before 0.2; now they are 待定 until
 * the replay can make up for it no more.
 */
function sheet(text) {
  const [names, ...rows] = readCsv(Buffer.from(`\ufeff${text}`));
  return rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at].replace('待定', '未参加')])));
}

async function opened(t, version) {
  const yunke = await Yunke.start(t);
  await yunke.interrupt();
  for (const end of ['-wal', '-shm']) rmSync(join(yunke.data, `yunke.db${end}`), { force: true });
  writeFileSync(join(yunke.data, 'yunke.db'), gunzipSync(readFileSync(join(FIXTURES, `${version}.db.gz`))));
  await yunke.launch();
  return yunke;
}

for (const version of VERSIONS) {
  test(`data of ${version}`, async (t) => {
    const before = JSON.parse(readFileSync(join(FIXTURES, `${version}.json`), 'utf8'));
    const yunke = await opened(t, version);

    await t.test('lessons, records, credits, counts and exports are as they were', async () => {
      const now = await seen(await cast(yunke));
      assert.deepEqual(Object.keys(now.lessons), Object.keys(before.lessons));
      for (const [id, { csv, ...lesson }] of Object.entries(before.lessons)) {
        holds(now.lessons[id], lesson, lesson.title);
        holds(sheet(now.lessons[id].csv), sheet(csv), `the export of ${lesson.title}`);
      }
      holds(now.records, before.records, 'records');
    });

    await t.test('a newer version wrote it: refused with a sentence, and nothing is changed', async () => {
      await yunke.interrupt();
      const file = join(yunke.data, 'yunke.db');
      const python = (script) => execFileSync('/usr/bin/python3', ['-c', `import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1])\n${script}\ndb.commit()\ndb.execute("pragma wal_checkpoint(truncate)")`, file]);
      python('db.execute("insert into _sqlx_migrations select 9999, description, installed_on, success, checksum, execution_time from _sqlx_migrations limit 1")');
      const bytes = readFileSync(file);
      await assert.rejects(yunke.launch());
      assert.match(yunke.allLogs(), /written by a newer version of Yunke \(schema 9999, this version knows \d+\): start that version, or restore/);
      assert.ok(readFileSync(file).equals(bytes));
    });
  });
}
