-- Short links to lessons. A code is random and says nothing of the lesson; who has it may read title, lecturer and time
-- before signing in.
CREATE TABLE share_codes (
    code TEXT NOT NULL PRIMARY KEY CHECK (length(code) = 10),
    lesson_id BLOB NOT NULL UNIQUE REFERENCES lessons (id),
    created_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
