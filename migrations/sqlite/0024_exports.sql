-- Files that organizers ask for, one row a job. The file is in the data folder under the job's id; what is in it was limited to
-- the paths its maker organized then, and a link to it is good only while they still do.
CREATE TABLE export_jobs (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('detail', 'intervals', 'lessons', 'branches', 'year', 'corrections')),
    format TEXT NOT NULL CHECK (format IN ('xlsx', 'csv')),
    -- Of what, as the server wrote it: JSON.
    parameters TEXT NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id),
    -- The parts of the tree it is limited to: JSON, a list of paths.
    paths TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'ready', 'failed', 'cancelled', 'expired')),
    -- How often it was begun: what stops the server is not begun for ever.
    tries INTEGER NOT NULL,
    -- Of the file: its bytes, rows and SHA-256.
    size_bytes INTEGER,
    row_count INTEGER,
    sha256 TEXT,
    -- Why it failed: a code.
    reason TEXT,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    -- Until when the file is there.
    expires_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX export_jobs_by_user ON export_jobs (user_id, created_at);
CREATE INDEX export_jobs_by_state ON export_jobs (state, created_at);
