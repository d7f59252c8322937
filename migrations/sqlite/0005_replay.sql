-- What members see of a replay. The recording is never touched: each change is a new version, the last one counts, and
-- all of them are kept, since credit once earned under one stays (docs/ATTENDANCE.md).
CREATE TABLE replay_edits (
    lesson_id BLOB NOT NULL REFERENCES lessons (id),
    version INTEGER NOT NULL CHECK (version >= 1),
    -- The stretch that is shown, [in_ms, out_ms) on the lesson's timeline; NULL: to the end.
    in_ms INTEGER NOT NULL CHECK (in_ms >= 0),
    out_ms INTEGER CHECK (out_ms > in_ms),
    hidden INTEGER NOT NULL CHECK (hidden IN (0, 1)),
    changed_by BLOB REFERENCES users (id),
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (lesson_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE chapters (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    lesson_id BLOB NOT NULL REFERENCES lessons (id),
    at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
    title TEXT NOT NULL,
    -- Made by the booth when the slide changed, not by hand.
    from_slides INTEGER NOT NULL CHECK (from_slides IN (0, 1)),
    UNIQUE (lesson_id, at_ms)
) STRICT;

-- One text of captions a language, checked and written anew as WebVTT with positions of the lesson's timeline.
CREATE TABLE captions (
    lesson_id BLOB NOT NULL REFERENCES lessons (id),
    language TEXT NOT NULL CHECK (language IN ('zh', 'en', 'other')),
    vtt TEXT NOT NULL,
    cues INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (lesson_id, language)
) STRICT;

CREATE TABLE posters (
    lesson_id BLOB NOT NULL PRIMARY KEY REFERENCES lessons (id),
    media_type TEXT NOT NULL CHECK (media_type IN ('image/jpeg', 'image/png')),
    bytes BLOB NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
