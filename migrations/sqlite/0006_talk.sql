-- What is said beside a lesson: questions of members, private notes of organizers to the lecturer.

-- Counts every change of either, so that a page that shows an older revision knows it.
CREATE TABLE talks (
    lesson_id BLOB NOT NULL PRIMARY KEY REFERENCES lessons (id),
    revision INTEGER NOT NULL CHECK (revision >= 1)
) STRICT;

CREATE TABLE questions (
    -- Made by whoever asks: a question that is sent again is the same one.
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    lesson_id BLOB NOT NULL REFERENCES lessons (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    text TEXT NOT NULL CHECK (length(text) BETWEEN 1 AND 200),
    asked_at INTEGER NOT NULL,
    -- Where the lesson was; NULL before its start.
    at_ms INTEGER CHECK (at_ms >= 0),
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'hidden')),
    decided_at INTEGER,
    decided_by BLOB REFERENCES users (id),
    CHECK ((state = 'open') = (decided_at IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL))
) STRICT;
CREATE INDEX questions_by_lesson ON questions (lesson_id, asked_at);
CREATE INDEX questions_by_user ON questions (user_id, lesson_id, asked_at);

CREATE TABLE private_notes (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    lesson_id BLOB NOT NULL REFERENCES lessons (id),
    text TEXT NOT NULL CHECK (length(text) BETWEEN 1 AND 500),
    written_by BLOB NOT NULL REFERENCES users (id),
    written_at INTEGER NOT NULL,
    read_at INTEGER,
    read_by BLOB REFERENCES users (id),
    CHECK ((read_at IS NULL) = (read_by IS NULL))
) STRICT;
CREATE INDEX private_notes_by_lesson ON private_notes (lesson_id, written_at);
