-- Yunke's schema. Ids are UUIDv7 in 16-byte BLOBs, times UTC milliseconds (`*_at`), durations and
-- lesson positions milliseconds (`*_ms`), rates and hours thousandths (`*_milli`). Integers only.

-- The tree centre > station > point > branch. `path` lists the sibling numbers from the root down,
-- such as '/1/3/2/': a unit is inside another when the other's path is a prefix of its own.
CREATE TABLE units (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    parent_id BLOB REFERENCES units (id),
    kind TEXT NOT NULL CHECK (kind IN ('centre', 'station', 'point', 'branch')),
    name TEXT NOT NULL,
    path TEXT NOT NULL UNIQUE CHECK (path LIKE '/%/'),
    created_at INTEGER NOT NULL,
    CHECK ((parent_id IS NULL) = (kind = 'centre'))
) STRICT;
CREATE INDEX units_by_parent ON units (parent_id);

-- People. A member is a person with a branch; other roles are in `roles`.
CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    phone TEXT NOT NULL UNIQUE,
    password_hash TEXT,
    branch_id BLOB REFERENCES units (id),
    member_no TEXT,
    locale TEXT NOT NULL DEFAULT 'zh-CN',
    disabled_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX users_by_branch ON users (branch_id);

CREATE TABLE roles (
    user_id BLOB NOT NULL REFERENCES users (id),
    role TEXT NOT NULL CHECK (role IN ('lecturer', 'organizer')),
    unit_id BLOB NOT NULL REFERENCES units (id),
    granted_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, role, unit_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX roles_by_unit ON roles (unit_id, role);

-- SHA-256 of the token; the token itself is only in the cookie.
CREATE TABLE sessions (
    token_hash BLOB NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- The figures a lesson's credit is computed with. A version is never changed, only followed by a new one.
CREATE TABLE credit_rules (
    id BLOB NOT NULL CHECK (length(id) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    name TEXT NOT NULL,
    full_percent INTEGER NOT NULL CHECK (full_percent BETWEEN 1 AND 100),
    half_percent INTEGER NOT NULL CHECK (half_percent BETWEEN 1 AND full_percent),
    max_rate_milli INTEGER NOT NULL,
    receipt_gap_ms INTEGER NOT NULL,
    allowance_ms INTEGER NOT NULL,
    edge_slack_ms INTEGER NOT NULL,
    long_ms INTEGER NOT NULL,
    long_hours_milli INTEGER NOT NULL,
    medium_ms INTEGER NOT NULL,
    medium_hours_milli INTEGER NOT NULL,
    short_hours_milli INTEGER NOT NULL,
    hidden_video_counts INTEGER NOT NULL CHECK (hidden_video_counts IN (0, 1)),
    checks_required INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE lessons (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    title TEXT NOT NULL,
    summary TEXT NOT NULL DEFAULT '',
    unit_id BLOB NOT NULL REFERENCES units (id),
    lecturer_id BLOB NOT NULL REFERENCES users (id),
    planned_start_at INTEGER NOT NULL,
    planned_end_at INTEGER NOT NULL CHECK (planned_end_at > planned_start_at),
    phase TEXT NOT NULL DEFAULT 'planned' CHECK (phase IN ('planned', 'live', 'ended', 'cancelled')),
    started_at INTEGER,
    ended_at INTEGER,
    -- UTC of position 0 of the timeline, as the media node said.
    zero_at INTEGER,
    -- Position up to which media is known to exist; after the end the lesson's length.
    edge_ms INTEGER NOT NULL DEFAULT 0,
    -- Set once, when media has told the final edge of an ended lesson.
    length_ms INTEGER,
    replay_ready INTEGER NOT NULL DEFAULT 0 CHECK (replay_ready IN (0, 1)),
    rule_id BLOB NOT NULL,
    rule_version INTEGER NOT NULL,
    stream_key_hash BLOB UNIQUE CHECK (length(stream_key_hash) = 32),
    created_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    FOREIGN KEY (rule_id, rule_version) REFERENCES credit_rules (id, version),
    CHECK ((phase IN ('live', 'ended')) = (started_at IS NOT NULL)),
    CHECK ((phase = 'ended') = (ended_at IS NOT NULL))
) STRICT;
CREATE INDEX lessons_by_start ON lessons (planned_start_at);
CREATE INDEX lessons_by_phase ON lessons (phase, planned_start_at);
CREATE INDEX lessons_by_lecturer ON lessons (lecturer_id, planned_start_at);

-- Who may watch: members of these units and of everything below them.
CREATE TABLE lesson_audience (
    lesson_id BLOB NOT NULL REFERENCES lessons (id),
    unit_id BLOB NOT NULL REFERENCES units (id),
    PRIMARY KEY (lesson_id, unit_id)
) STRICT, WITHOUT ROWID;

-- Outages of the lecturer on the lesson's timeline, half-open [from_ms, to_ms).
CREATE TABLE lesson_gaps (
    lesson_id BLOB NOT NULL REFERENCES lessons (id),
    from_ms INTEGER NOT NULL CHECK (from_ms >= 0),
    to_ms INTEGER NOT NULL CHECK (to_ms > from_ms),
    PRIMARY KEY (lesson_id, from_ms)
) STRICT, WITHOUT ROWID;

-- Media nodes and the last snapshot of each that was taken in.
CREATE TABLE media_nodes (
    node TEXT NOT NULL PRIMARY KEY,
    boot BLOB NOT NULL CHECK (length(boot) = 16),
    version INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Evidence: leases, beats and server runs. Only ever appended to.
CREATE TABLE leases (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    lesson_id BLOB NOT NULL REFERENCES lessons (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    -- The viewer's branch when the lease was issued; people move.
    branch_id BLOB REFERENCES units (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('watch', 'preview')),
    device TEXT NOT NULL CHECK (device IN ('phone', 'tablet', 'desktop')),
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX leases_by_lesson ON leases (lesson_id, user_id);
CREATE INDEX leases_by_user ON leases (user_id, issued_at);

CREATE TABLE beats (
    lease_id BLOB NOT NULL REFERENCES leases (id),
    seq INTEGER NOT NULL CHECK (seq >= 1),
    state TEXT NOT NULL CHECK (state IN ('playing', 'paused', 'buffering', 'ended', 'left')),
    cause TEXT NOT NULL CHECK (cause IN ('tick', 'play', 'pause', 'seek', 'rate', 'visibility', 'end', 'hide')),
    source TEXT NOT NULL CHECK (source IN ('live', 'replay')),
    mode TEXT NOT NULL CHECK (mode IN ('video', 'audio')),
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    rate_milli INTEGER NOT NULL,
    visible INTEGER NOT NULL CHECK (visible IN (0, 1)),
    gesture INTEGER NOT NULL CHECK (gesture IN (0, 1)),
    client_ms INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (lease_id, seq)
) STRICT, WITHOUT ROWID;

-- The same (lease, seq) again with another content: refused, and kept as it came.
CREATE TABLE beat_conflicts (
    id INTEGER PRIMARY KEY,
    lease_id BLOB NOT NULL REFERENCES leases (id),
    seq INTEGER NOT NULL,
    body TEXT NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX beat_conflicts_by_lease ON beat_conflicts (lease_id);

-- When the server itself was up: time in which it was down costs nobody anything.
CREATE TABLE server_runs (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    started_at INTEGER NOT NULL,
    last_alive_at INTEGER NOT NULL,
    stopped_at INTEGER
) STRICT;
CREATE INDEX server_runs_by_start ON server_runs (started_at);

CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    -- NULL: the program itself.
    actor_id BLOB REFERENCES users (id),
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    -- JSON; never a secret, never a password.
    detail TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX audit_log_by_subject ON audit_log (subject_id, id);

-- The rule every lesson is planned with until a centre makes its own (yunke_store::DEFAULT_RULE).
INSERT INTO credit_rules (
    id, version, name, full_percent, half_percent, max_rate_milli, receipt_gap_ms, allowance_ms, edge_slack_ms,
    long_ms, long_hours_milli, medium_ms, medium_hours_milli, short_hours_milli, hidden_video_counts, checks_required,
    created_at
) VALUES (
    x'00000000000070008000000000000001', 1, '默认规则', 80, 50, 1500, 45000, 3000, 2000,
    1800000, 1000, 900000, 500, 250, 1, 0,
    0
);
