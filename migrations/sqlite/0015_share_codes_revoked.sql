-- A short link may be revoked: the lesson gets another code, and the old one is kept, so that whoever opens it is told that it is
-- not valid any more and not that there never was one. UNIQUE (lesson_id) now holds for the codes that are valid.
CREATE TABLE share_codes_kept (
    code TEXT NOT NULL PRIMARY KEY CHECK (length(code) = 10),
    lesson_id BLOB NOT NULL REFERENCES lessons (id),
    created_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    revoked_by BLOB REFERENCES users (id)
) STRICT, WITHOUT ROWID;
INSERT INTO share_codes_kept (code, lesson_id, created_by, created_at)
    SELECT code, lesson_id, created_by, created_at FROM share_codes;
DROP TABLE share_codes;
ALTER TABLE share_codes_kept RENAME TO share_codes;
CREATE UNIQUE INDEX share_codes_valid ON share_codes (lesson_id) WHERE revoked_at IS NULL;
