-- Where a unit stood when, half-open [from_at, to_at); NULL: still. What was before a move is told by the old place. A path is
-- given once and never again; a unit's first one holds from the beginning.
ALTER TABLE units ADD COLUMN closed_at BIGINT;
-- How many children it ever had: the next one is numbered after them, also when others have moved away.
ALTER TABLE units ADD COLUMN last_child BIGINT NOT NULL DEFAULT 0;
UPDATE units SET last_child = (SELECT count(*) FROM units c WHERE c.parent_id = units.id);

CREATE TABLE unit_paths (
    path TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (path LIKE '/%/'),
    unit_id UUID NOT NULL REFERENCES units (id),
    from_at BIGINT NOT NULL,
    to_at BIGINT CHECK (to_at >= from_at)
);
CREATE INDEX unit_paths_by_unit ON unit_paths (unit_id, from_at);
INSERT INTO unit_paths (path, unit_id, from_at) SELECT path, id, 0 FROM units;

CREATE INDEX audit_log_by_actor ON audit_log (actor_id, id);
