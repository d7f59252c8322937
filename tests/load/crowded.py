"""Writes a lesson that is over, or live, with everybody's evidence into the database of a server that does not run.

Arguments: database, lesson, members, beats each, `ended` or `live`. Members are of the branch of the first person who has one; each
played from the start, a beat every 15 s less a bit, under two leases. Prints the session token of one of them as JSON.
"""

import hashlib
import json
import secrets
import sqlite3
import sys
import time
import uuid

BEAT_MS = 15_000
HOUR_MS = 3_600_000

database, lesson, members, each, phase = sys.argv[1], uuid.UUID(sys.argv[2]).bytes, int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
db = sqlite3.connect(database, isolation_level=None)
db.execute("pragma synchronous = off")
now = int(time.time() * 1000)
length = each * BEAT_MS
zero = now - length - (HOUR_MS if phase == "ended" else 0)
branch = db.execute("select branch_id from users where branch_id is not null limit 1").fetchone()[0]
people = [uuid.uuid4().bytes for _ in range(members)]
leases = [(uuid.uuid4().bytes, uuid.uuid4().bytes) for _ in range(members)]


def beats():
    half = each // 2
    for number, (first, second) in enumerate(leases):
        # Nobody's beats come at the same moment.
        late = number % BEAT_MS
        for n in range(each):
            lease, seq = (first, n + 1) if n < half else (second, n - half + 1)
            at = n * BEAT_MS
            yield (lease, seq, "playing", "tick", "live", "audio", at, at + BEAT_MS, 1000, 1, 0, at, min(now, zero + at + BEAT_MS + late))


db.execute("begin")
db.execute("update lessons set phase = 'live', started_at = ?, zero_at = ? where id = ?", [zero, zero, lesson])
if phase == "ended":
    db.execute("update lessons set phase = 'ended', ended_at = ?, length_ms = ?, edge_ms = ? where id = ?", [zero + length, length, length, lesson])
db.executemany(
    "insert into users (id, name, phone, branch_id, created_at) values (?, ?, ?, ?, ?)",
    ((user, f"学员{n}", f"137{n:08}", branch, zero) for n, user in enumerate(people)),
)
db.executemany(
    "insert into leases (id, item_id, user_id, branch_id, purpose, device, issued_at, expires_at) values (?, ?, ?, ?, 'watch', 'phone', ?, ?)",
    ((lease, lesson, user, branch, zero + (0 if i == 0 else each // 2 * BEAT_MS), now + 12 * HOUR_MS) for user, both in zip(people, leases) for i, lease in enumerate(both)),
)
db.executemany("insert into beats (lease_id, seq, state, cause, source, mode, from_ms, to_ms, rate_milli, visible, gesture, client_ms, received_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", beats())
db.executemany("insert into played (item_id, user_id) values (?, ?)", ((lesson, user) for user in people))
token = secrets.token_urlsafe(32)
db.execute("insert into sessions (token_hash, user_id, created_at, seen_at, expires_at) values (?, ?, ?, ?, ?)", [hashlib.sha256(token.encode()).digest(), people[0], now, now, now + 24 * HOUR_MS])
db.execute("commit")
print(json.dumps({"token": token, "beats": members * each, "length_ms": length}))
