-- A password that somebody else has seen: it was given on a slip, and is replaced at the first sign-in.
ALTER TABLE users ADD COLUMN password_first INTEGER NOT NULL DEFAULT 0 CHECK (password_first IN (0, 1));

-- Who belonged to which branch when, half-open [from_at, to_at); NULL: still. Who was invited to a lesson is decided by
-- this at the lesson's time, so that moves, leavers and newcomers change nothing of what was. `users.branch_id` is the
-- branch now; a person who is disabled belongs to none until they are enabled.
CREATE TABLE memberships (
    user_id BLOB NOT NULL REFERENCES users (id),
    branch_id BLOB NOT NULL REFERENCES units (id),
    from_at INTEGER NOT NULL,
    to_at INTEGER CHECK (to_at >= from_at),
    seq INTEGER PRIMARY KEY
) STRICT;
CREATE INDEX memberships_by_branch ON memberships (branch_id, from_at);
CREATE UNIQUE INDEX memberships_now ON memberships (user_id) WHERE to_at IS NULL;

INSERT INTO memberships (user_id, branch_id, from_at, to_at)
    SELECT id, branch_id, created_at, max(created_at, disabled_at) FROM users WHERE branch_id IS NOT NULL;
