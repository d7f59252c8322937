// Many members of one branch, signed in, written straight into the database: passwords take too long to hash for a crowd.

import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Person } from './api.mjs';

const run = promisify(execFile);

const SCRIPT = `
import json, sqlite3, sys, time, uuid
people = json.load(sys.stdin)
db = sqlite3.connect(sys.argv[1], timeout=10)
now = int(time.time() * 1000)
with db:
    branch = db.execute("select branch_id from users where id = ?", [uuid.UUID(sys.argv[2]).bytes]).fetchone()[0]
    first = db.execute("select count(*) from users").fetchone()[0]
    for number, hashed in enumerate(people, first):
        user = uuid.uuid4().bytes
        db.execute("insert into users (id, name, phone, branch_id, created_at) values (?, ?, ?, ?, ?)", [user, f"学员{number}", f"139{number:08}", branch, now])
        db.execute("insert into sessions (token_hash, user_id, created_at, seen_at, expires_at) values (?, ?, ?, ?, ?)", [bytes.fromhex(hashed), user, now, now, now + 86400000])
`;

/** The same for PostgreSQL. */
const statement = (like, hashes) => `
WITH new AS (
  SELECT gen_random_uuid() AS id, hash, (SELECT count(*) FROM users) + row_number() OVER () AS number
  FROM unnest(ARRAY[${hashes.map((hash) => `'${hash}'`)}]) AS hash
), added AS (
  INSERT INTO users (id, name, phone, branch_id, created_at)
  SELECT id, '学员' || number, '139' || lpad(number::text, 8, '0'), (SELECT branch_id FROM users WHERE id = '${like}'), 0 FROM new
)
INSERT INTO sessions (token_hash, user_id, created_at, seen_at, expires_at)
SELECT decode(hash, 'hex'), id, ${Date.now()}, ${Date.now()}, ${Date.now() + 86_400_000} FROM new`;

/** `count` members of the branch of `like`, each with a session. */
export async function crowd(yunke, like, count) {
  const people = Array.from({ length: count }, () => {
    const token = randomBytes(32).toString('base64url');
    yunke.secret('session', token);
    const person = new Person(yunke);
    person.cookie = `yunke_session=${token}`;
    person.hash = createHash('sha256').update(token).digest('hex');
    return person;
  });
  const hashes = people.map((person) => person.hash);
  const url = yunke.options.env?.YUNKE_DATABASE_URL;
  const child = url ? run('psql', ['-q', url]) : run('/usr/bin/python3', ['-c', SCRIPT, join(yunke.data, 'yunke.db'), like.me.id]);
  child.child.stdin.end(url ? statement(like.me.id, hashes) : JSON.stringify(hashes));
  await child;
  return people;
}

const FLOOD = `
import sqlite3, sys, time, uuid
db = sqlite3.connect(sys.argv[1], timeout=10)
lease, now = uuid.UUID(sys.argv[2]).bytes, int(time.time() * 1000)
with db:
    db.executemany("insert into beats (lease_id, seq, state, cause, source, mode, from_ms, to_ms, rate_milli, visible, gesture, client_ms, received_at) values (?, ?, 'paused', 'tick', 'live', 'audio', ?, ?, 1000, 1, 0, 0, ?)",
        ((lease, 1000 + n, n, n + 1, now) for n in range(int(sys.argv[3]))))
`;

/** `count` beats under a lease that earn nothing, written straight into the database: nobody may send so many. */
export async function flood(yunke, leaseId, count) {
  await run('/usr/bin/python3', ['-c', FLOOD, join(yunke.data, 'yunke.db'), leaseId, String(count)]);
}
