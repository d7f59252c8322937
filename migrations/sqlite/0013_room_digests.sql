-- What a room has to know of each member's past, so that a large lesson's room opens at once. Derived from the evidence: it
-- may be deleted at any time, and is recomputed.
CREATE TABLE room_digests (
    lesson_id BLOB NOT NULL REFERENCES lessons (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    -- What it was judged by: with another number it is of no use.
    basis INTEGER NOT NULL,
    -- JSON.
    body TEXT NOT NULL,
    PRIMARY KEY (lesson_id, user_id)
) STRICT, WITHOUT ROWID;

-- Beats 1 … through of the lease are in its member's digest, and no others.
CREATE TABLE room_digest_leases (
    lease_id BLOB NOT NULL PRIMARY KEY REFERENCES leases (id),
    through INTEGER NOT NULL CHECK (through >= 1)
) STRICT, WITHOUT ROWID;
