-- A run of the server keeps the anchor of its clock, so that the next one goes on with the same clock whatever the wall clock
-- was set to meanwhile. A run has a row for each anchor it had; `seq` is their order, whatever their clocks said.
CREATE TABLE anchored_runs (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL CHECK (length(id) = 16),
    started_at INTEGER NOT NULL,
    last_alive_at INTEGER NOT NULL,
    stopped_at INTEGER,
    -- Names the start of the machine; NULL: not known.
    boot BLOB CHECK (length(boot) = 16),
    -- UTC of the machine's start by this run's clock; NULL: from before this was kept.
    anchor_at INTEGER
) STRICT;
INSERT INTO anchored_runs (id, started_at, last_alive_at, stopped_at)
    SELECT id, started_at, last_alive_at, stopped_at FROM server_runs ORDER BY started_at, id;
DROP TABLE server_runs;
ALTER TABLE anchored_runs RENAME TO server_runs;
CREATE INDEX server_runs_by_id ON server_runs (id, seq);
CREATE INDEX server_runs_by_start ON server_runs (started_at);
