// Names as people have them, and as attackers write them: through the API, the pages' data and the exports.
// Cost: 10 s, light.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { beat } from '../harness/api.mjs';
import { cast } from '../harness/cast.mjs';
import { edgePast, end, goLive, plan, publish } from '../harness/lessons.mjs';
import { byHeading, exported, readCsv, readXlsx } from '../harness/sheets.mjs';
import { watchFor } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const TITLES = ["=cmd|'/C calc'!A0", '＋1+1', '@SUM(1,2)', '-2+3', '"引号","逗号"', '𠮷野家的𡈽地 🏡👨‍👩‍👧', 'درس اللغة العربية'];
const REVERSED = '\u202e反转\u202c';
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** Members cannot be renamed through the API yet: done in the database while the server is stopped. */
function rename(yunke, names) {
  const script =
    'import json, sqlite3, sys\n' +
    'db = sqlite3.connect(sys.argv[1])\n' +
    'for id, name in json.loads(sys.argv[2]):\n' +
    '    assert db.execute("update users set name = ? where id = ?", (name, __import__("uuid").UUID(id).bytes)).rowcount == 1\n' +
    'db.commit()\n';
  execFileSync('/usr/bin/python3', ['-c', script, join(yunke.data, 'yunke.db'), JSON.stringify(names)]);
}

test('names', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  let { organizer, lecturer, near, near2, stage } = await cast(yunke);

  await t.test('titles of every kind come back as they were given', async () => {
    for (const title of TITLES) {
      const lesson = await plan(organizer, stage, { title });
      assert.equal((await near.get(`/api/lessons/${lesson}`)).title, title);
    }
  });

  await t.test('a title that is empty, too long or turns the line around is refused by name, with the reason', async () => {
    const cases = [
      ['', 'text_empty'],
      ['   ', 'text_empty'],
      ['长'.repeat(101), 'text_too_long'],
      ['长'.repeat(3_000), 'text_too_long'],
      [REVERSED, 'text_characters'],
      ['a\u2066b\u2069', 'text_characters'],
      ['a\u0000b', 'text_characters'],
      ['两\r\n行', 'text_characters'],
    ];
    for (const [title, code] of cases) {
      await assert.rejects(plan(organizer, stage, { title }), ({ status, problem }) => {
        assert.deepEqual([status, problem.code, problem.field], [422, code, 'title'], JSON.stringify(title));
        return true;
      });
    }
  });

  const evil = "=cmd|' /C calc'!A0";
  const long = `${'欧阳𠮷'.repeat(99)}\u202eabc`;
  await yunke.interrupt();
  rename(yunke, [
    [near.me.id, evil],
    [near2.me.id, long],
  ]);
  await yunke.launch();
  ({ organizer, lecturer, near, near2, stage } = await cast(yunke));
  const title = '＝1+1 "课程", 𠮷';
  const lesson = await plan(organizer, stage, { title });
  await publish(t, lecturer, lesson, { video: false });
  await goLive(lecturer, lesson);

  await t.test('members of such names watch and are counted', async () => {
    for (const person of [near, near2]) {
      const lease = await person.lease(lesson);
      await watchFor(1_500);
      const edge = await edgePast(person, lesson, 3_000);
      const { progress } = await person.post(`/api/lessons/${lesson}/beats`, { lease: lease.lease, beats: [beat(1, edge - 1_000, edge)] });
      assert.equal(progress.counted_ms, 1_000);
    }
    await end(lecturer, lesson);
  });

  await t.test('CSV: BOM, CRLF, every field quoted, nothing that a spreadsheet would run', async () => {
    const { headers, bytes } = await exported(organizer, lesson, 'csv');
    assert.match(headers.get('content-type'), /^text\/csv/);
    assert.match(headers.get('content-disposition'), /attachment/);
    const rows = readCsv(bytes);
    for (const field of rows.flat()) assert.doesNotMatch(field, FORMULA);
    const found = byHeading(rows).filter((row) => row['姓名'].includes('cmd|') || row['姓名'].includes('欧阳𠮷欧阳𠮷'));
    assert.equal(found.length, 2);
    for (const row of found) assert.equal(Number(row['观看秒']), 1);
  });

  await t.test('XLSX: another library finds the rows, texts as texts, no formulas', async () => {
    const { headers, bytes } = await exported(organizer, lesson, 'xlsx');
    assert.match(headers.get('content-type'), /spreadsheetml/);
    const book = await readXlsx(bytes, yunke.folder);
    assert.ok(book['说明'], `sheets: ${Object.keys(book)}`);
    const detail = book['个人明细'];
    assert.ok(detail.frozen && detail.filter);
    const rows = byHeading(detail.rows.slice(detail.rows.findIndex((row) => row.includes('姓名'))));
    for (const sheet of Object.values(book)) {
      for (const cell of sheet.rows.flat()) assert.ok(!cell?.formula, `a formula: ${cell?.formula}`);
    }
    const row = rows.find((row) => String(row['姓名']).includes('cmd|'));
    assert.equal(row['观看秒'], 1);
    assert.equal(typeof row['成员编号'], 'string');
    assert.ok(String(row['课程']).includes('1+1 "课程", 𠮷'));
    assert.ok(
      rows.some((row) => String(row['姓名']).includes(long)),
      'the long name was cut',
    );
  });

  await t.test('a member only exports what is theirs: nothing', async () => {
    await assert.rejects(exported(near, lesson, 'csv'), /403/);
  });
});
