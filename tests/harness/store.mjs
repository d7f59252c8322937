// The evidence as it lies in the database, read past the server: only for tests that ask whether it is really there.

import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const SCRIPT = `
import json, sqlite3, sys, uuid
db = sqlite3.connect(sys.argv[1])
db.row_factory = sqlite3.Row
rows = [dict(row) for row in db.execute("select * from beats order by lease_id, seq")]
for row in rows:
    row["lease"] = str(uuid.UUID(bytes=row.pop("lease_id")))
    row["visible"], row["gesture"] = bool(row["visible"]), bool(row["gesture"])
print(json.dumps({"beats": rows, "conflicts": db.execute("select count(*) from beat_conflicts").fetchone()[0]}))
`;

/** Every beat of `leases` in the database of a server that does not run, from a copy: nothing is repaired in the original. */
export async function stored(yunke, leases) {
  const copy = await mkdtemp(join(yunke.folder, 'copy-'));
  try {
    // A server that ended cleanly leaves no log behind.
    for (const name of (await readdir(yunke.data)).filter((name) => /^yunke\.db(-wal)?$/.test(name)))
      await cp(join(yunke.data, name), join(copy, name));
    const { stdout } = await run('/usr/bin/python3', ['-c', SCRIPT, join(copy, 'yunke.db')], { maxBuffer: 64 << 20 });
    const { beats, conflicts } = JSON.parse(stdout);
    return { beats: beats.filter(({ lease }) => leases.includes(lease)), conflicts };
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
