"""Writes a county's two years of settled results into the database of a server that does not run.

Arguments: database, members, lessons, results. 20 stations of 10 branches; nine lessons of ten are of one station, the others of all.
There is no evidence behind the rows: they are what a report reads. Prints the session token of an organizer of all as JSON.
"""

import hashlib
import json
import random
import secrets
import sqlite3
import sys
import time
import uuid

HOUR_MS = 3_600_000
database, members, lessons, results = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
db = sqlite3.connect(database, isolation_level=None)
db.execute("pragma synchronous = off")
rng = random.Random(7)
now = int(time.time() * 1000)
this_year = time.gmtime((now + 8 * HOUR_MS) // 1000).tm_year


def new():
    return uuid.UUID(int=rng.getrandbits(128)).bytes


def insert(table, columns, rows):
    db.executemany(f"insert into {table} ({columns}) values ({', '.join('?' * len(columns.split(',')))})", rows)


db.execute("begin")
centre = new()
insert("units", "id, parent_id, kind, name, path, created_at", [(centre, None, "centre", "中心", "/1/", 0)])
stations = [(new(), f"/1/{n}/") for n in range(1, 21)]
insert("units", "id, parent_id, kind, name, path, created_at", [(unit, centre, "station", f"第 {n} 站", path, 0) for n, (unit, path) in enumerate(stations)])
branches = [(new(), at, f"{path}{n}/") for at, (_, path) in enumerate(stations) for n in range(1, 11)]
insert("units", "id, parent_id, kind, name, path, created_at", [(unit, stations[at][0], "branch", f"支部 {path}", path, 0) for unit, at, path in branches])
organizer = new()
people = [(new(), n % len(branches)) for n in range(members)]
insert("users", "id, name, phone, branch_id, created_at", [(organizer, "组织者", "13900000000", None, 0)] + [(user, f"学员{n}", f"137{n:08}", branches[at][0], 0) for n, (user, at) in enumerate(people)])
insert("memberships", "user_id, branch_id, from_at", [(user, branches[at][0], 0) for user, at in people])
insert("roles", "user_id, role, unit_id, granted_at", [(organizer, "organizer", centre, 0)])
rule, version = db.execute("select id, max(version) from credit_rules").fetchone()
of_station = [[one for one in people if branches[one[1]][1] == at] for at in range(len(stations))]
year_rows = {}
for number in range(lessons):
    lesson, station = new(), rng.randrange(len(stations))
    whole = number % 10 == 0
    year = this_year - number % 2
    month = rng.randrange(12 if year < this_year else max(1, time.gmtime(now // 1000).tm_mon - 1))
    start = int(time.mktime((year, month + 1, 1 + rng.randrange(27), 4, 0, 0, 0, 0, 0))) * 1000
    end, unit = start + HOUR_MS, centre if whole else stations[station][0]
    insert("items", "id, kind", [(lesson, "lesson")])
    insert(
        "lessons",
        "id, title, unit_id, lecturer_id, planned_start_at, planned_end_at, phase, started_at, ended_at, zero_at, length_ms, replay_ready, rule_id, rule_version, created_by, created_at, updated_at",
        [(lesson, f"第 {number} 讲", unit, organizer, start, end, "ended", start, end, start, HOUR_MS, 1, rule, version, organizer, 0, 0)],
    )
    insert("lesson_audience", "lesson_id, unit_id", [(lesson, unit)])
    basis = f"1:{start}:{end}:{start}:{end}:{start}:{HOUR_MS}:{version}:0/0:0:0/0:0/0"
    insert("settled_items", "item_id, basis, settled_at", [(lesson, basis, now)])
    crowd = people if whole else of_station[station]
    came = rng.sample(crowd, min(len(crowd), results // lessons))
    index = year * 12 + month
    insert(
        "results",
        "item_id, user_id, month, unit_id, continues, person, live_person, visits, live_visits, counted_ms, coverage_bp, credit, hours_milli",
        [(lesson, user, index, branches[at][0], 0, 1, 1, 1, 1, HOUR_MS, 10_000, "full", 1_000) for user, at in came],
    )
    insert("played", "item_id, user_id", [(lesson, user) for user, _ in came])
    counts = {}
    for user, at in crowd:
        for place in (branches[at][0], stations[branches[at][1]][0], centre):
            counts.setdefault(place, [0, 0])[0] += 1
    for user, at in came:
        for place in (branches[at][0], stations[branches[at][1]][0], centre):
            counts[place][1] += 1
            row = year_rows.setdefault((place, year, user), [0, 0])
            row[0] |= 1 << month
            row[1] += 1
    insert(
        "result_figures",
        "unit_id, month, item_id, lesson, continues, invited, invited_attended, attended, excused, people, live_people, visits, live_visits, full_credits, half_credits, counted_ms, hours_milli",
        [(place, index, lesson, 1, 0, asked, n, n, 0, n, n, n, n, n, 0, n * HOUR_MS, n * 1_000) for place, (asked, n) in counts.items()],
    )
insert(
    "result_people",
    "unit_id, year, user_id, months, lessons, visits, counted_ms, hours_milli, audio_hours_milli",
    [(place, year, user, months, n, n, n * HOUR_MS, n * 1_000, 0) for (place, year, user), (months, n) in year_rows.items()],
)
token = secrets.token_urlsafe(32)
insert("sessions", "token_hash, user_id, created_at, seen_at, expires_at", [(hashlib.sha256(token.encode()).digest(), organizer, now, now, now + 24 * HOUR_MS)])
db.execute("commit")
db.execute("analyze")
counted = {table: db.execute(f"select count(*) from {table}").fetchone()[0] for table in ("results", "result_figures", "result_people", "memberships", "lessons")}
print(json.dumps({"token": token, "branch": uuid.UUID(bytes=branches[0][0]).hex, "station": str(uuid.UUID(bytes=stations[0][0])), "person": str(uuid.UUID(bytes=people[0][0])), **counted}))
