-- The audio-lesson library: series of episodes, who speaks in them, their sound, and where each listener is.
-- An episode is an item: leases, beats and credit are those of a lesson.
CREATE TABLE speakers (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    about TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE series (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    title TEXT NOT NULL,
    about TEXT NOT NULL,
    -- 分类; empty: none.
    category TEXT NOT NULL,
    unit_id BLOB NOT NULL REFERENCES units (id),
    -- Everybody who is signed in may listen; else members of the unit.
    public INTEGER NOT NULL CHECK (public IN (0, 1)),
    credit TEXT NOT NULL CHECK (credit IN ('episode', 'none')),
    created_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX series_by_unit ON series (unit_id);

CREATE TABLE series_covers (
    series_id BLOB NOT NULL PRIMARY KEY CHECK (length(series_id) = 16) REFERENCES series (id),
    media_type TEXT NOT NULL CHECK (media_type IN ('image/jpeg', 'image/png')),
    bytes BLOB NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE episodes (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16) REFERENCES items (id),
    series_id BLOB NOT NULL REFERENCES series (id),
    -- In the order they are heard; two may have the same, then the id decides.
    place INTEGER NOT NULL,
    -- 第几讲, if it has a number.
    number INTEGER,
    title TEXT NOT NULL,
    about TEXT NOT NULL,
    speaker_id BLOB REFERENCES speakers (id),
    -- From when on it is in the library, by the wall clock; NULL: a draft.
    publish_at INTEGER,
    -- Since when nothing of it counts; NULL: it was not withdrawn.
    withdrawn_at INTEGER,
    rule_id BLOB NOT NULL,
    rule_version INTEGER NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    FOREIGN KEY (rule_id, rule_version) REFERENCES credit_rules (id, version)
) STRICT;
CREATE INDEX episodes_by_series ON episodes (series_id, place, id);

-- The sound of an episode. A file that replaces another is a version of its own; the newest that is ready is heard.
CREATE TABLE episode_versions (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    episode_id BLOB NOT NULL REFERENCES episodes (id),
    file_name TEXT NOT NULL,
    bytes INTEGER NOT NULL CHECK (bytes > 0),
    state TEXT NOT NULL CHECK (state IN ('pending', 'ready', 'failed')),
    -- Why it failed.
    code TEXT,
    length_ms INTEGER CHECK (length_ms > 0),
    -- What media found out, as JSON, once it is ready.
    facts TEXT,
    created_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    settled_at INTEGER,
    CHECK ((state = 'pending') = (settled_at IS NULL)),
    CHECK ((state = 'ready') = (length_ms IS NOT NULL))
) STRICT;
CREATE INDEX episode_versions_by_episode ON episode_versions (episode_id, created_at);
CREATE INDEX episode_versions_pending ON episode_versions (id) WHERE state = 'pending';

CREATE TABLE episode_chapters (
    episode_id BLOB NOT NULL REFERENCES episodes (id),
    at_ms INTEGER NOT NULL CHECK (at_ms >= 0),
    title TEXT NOT NULL,
    PRIMARY KEY (episode_id, at_ms)
) STRICT, WITHOUT ROWID;

-- What is said, as JSON cues, to read along.
CREATE TABLE episode_transcripts (
    episode_id BLOB NOT NULL PRIMARY KEY CHECK (length(episode_id) = 16) REFERENCES episodes (id),
    cues TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

-- Where somebody was after a sitting, and how much they heard in it. The one heard last is where they are.
CREATE TABLE places (
    user_id BLOB NOT NULL REFERENCES users (id),
    item_id BLOB NOT NULL REFERENCES items (id),
    began_at INTEGER NOT NULL,
    heard_at INTEGER NOT NULL CHECK (heard_at >= began_at),
    -- Time heard in it; two devices at once are one time.
    heard_ms INTEGER NOT NULL CHECK (heard_ms >= 0),
    position_ms INTEGER NOT NULL CHECK (position_ms >= 0),
    device TEXT NOT NULL CHECK (device IN ('phone', 'tablet', 'desktop')),
    -- The end was heard.
    finished INTEGER NOT NULL CHECK (finished IN (0, 1)),
    PRIMARY KEY (user_id, item_id, began_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX places_by_time ON places (user_id, heard_at);

CREATE TABLE favourites (
    user_id BLOB NOT NULL REFERENCES users (id),
    series_id BLOB NOT NULL REFERENCES series (id),
    added_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, series_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE listening_queue (
    user_id BLOB NOT NULL REFERENCES users (id),
    place INTEGER NOT NULL CHECK (place >= 0),
    episode_id BLOB NOT NULL REFERENCES episodes (id),
    PRIMARY KEY (user_id, place),
    UNIQUE (user_id, episode_id)
) STRICT, WITHOUT ROWID;

-- Counted up with every change of what is in the library: whoever keeps it in memory knows when to read it again.
CREATE TABLE library_revision (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO library_revision (one, revision) VALUES (1, 0);
