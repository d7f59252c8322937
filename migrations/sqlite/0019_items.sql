-- What leases and evidence refer to: a lesson, or a piece of the library. The record of the kind has the item's id.
CREATE TABLE items (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind TEXT NOT NULL CHECK (kind IN ('lesson', 'episode'))
) STRICT;
INSERT INTO items (id, kind) SELECT id, 'lesson' FROM lessons;

-- Who plays is noted by the store itself, once for a lease and a batch.
DROP TRIGGER played_by_beat;

-- Leases point to items: the table is made again (run without foreign keys, which are checked afterwards).
CREATE TABLE new_leases (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    item_id BLOB NOT NULL REFERENCES items (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    -- The viewer's branch when the lease was issued; people move.
    branch_id BLOB REFERENCES units (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('watch', 'preview')),
    device TEXT NOT NULL CHECK (device IN ('phone', 'tablet', 'desktop')),
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
INSERT INTO new_leases (id, item_id, user_id, branch_id, purpose, device, issued_at, expires_at)
    SELECT id, lesson_id, user_id, branch_id, purpose, device, issued_at, expires_at FROM leases;
DROP TABLE leases;
ALTER TABLE new_leases RENAME TO leases;
CREATE INDEX leases_by_item ON leases (item_id, user_id, purpose, issued_at, id, branch_id);
CREATE INDEX leases_by_user ON leases (user_id, issued_at);

CREATE TABLE new_played (
    item_id BLOB NOT NULL REFERENCES items (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    PRIMARY KEY (item_id, user_id)
) STRICT, WITHOUT ROWID;
INSERT INTO new_played (item_id, user_id) SELECT lesson_id, user_id FROM played;
DROP TABLE played;
ALTER TABLE new_played RENAME TO played;
