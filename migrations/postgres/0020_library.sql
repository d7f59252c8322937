-- The audio-lesson library: series of episodes, who speaks in them, their sound, and where each listener is.
-- An episode is an item: leases, beats and credit are those of a lesson.
CREATE TABLE speakers (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    about TEXT COLLATE "C" NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL
);

CREATE TABLE series (
    id UUID NOT NULL PRIMARY KEY,
    title TEXT COLLATE "C" NOT NULL,
    about TEXT COLLATE "C" NOT NULL,
    -- 分类; empty: none.
    category TEXT COLLATE "C" NOT NULL,
    unit_id UUID NOT NULL REFERENCES units (id),
    -- Everybody who is signed in may listen; else members of the unit.
    public BOOLEAN NOT NULL,
    credit TEXT COLLATE "C" NOT NULL CHECK (credit IN ('episode', 'none')),
    created_by UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX series_by_unit ON series (unit_id);

CREATE TABLE series_covers (
    series_id UUID NOT NULL PRIMARY KEY REFERENCES series (id),
    media_type TEXT COLLATE "C" NOT NULL CHECK (media_type IN ('image/jpeg', 'image/png')),
    bytes BYTEA NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE TABLE episodes (
    id UUID NOT NULL PRIMARY KEY REFERENCES items (id),
    series_id UUID NOT NULL REFERENCES series (id),
    -- In the order they are heard; two may have the same, then the id decides.
    place BIGINT NOT NULL,
    -- 第几讲, if it has a number.
    number BIGINT,
    title TEXT COLLATE "C" NOT NULL,
    about TEXT COLLATE "C" NOT NULL,
    speaker_id UUID REFERENCES speakers (id),
    -- From when on it is in the library, by the wall clock; NULL: a draft.
    publish_at BIGINT,
    -- Since when nothing of it counts; NULL: it was not withdrawn.
    withdrawn_at BIGINT,
    rule_id UUID NOT NULL,
    rule_version BIGINT NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    FOREIGN KEY (rule_id, rule_version) REFERENCES credit_rules (id, version)
);
CREATE INDEX episodes_by_series ON episodes (series_id, place, id);

-- The sound of an episode. A file that replaces another is a version of its own; the newest that is ready is heard.
CREATE TABLE episode_versions (
    id UUID NOT NULL PRIMARY KEY,
    episode_id UUID NOT NULL REFERENCES episodes (id),
    file_name TEXT COLLATE "C" NOT NULL,
    bytes BIGINT NOT NULL CHECK (bytes > 0),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('pending', 'ready', 'failed')),
    -- Why it failed.
    code TEXT COLLATE "C",
    length_ms BIGINT CHECK (length_ms > 0),
    -- What media found out, as JSON, once it is ready.
    facts TEXT COLLATE "C",
    created_by UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    settled_at BIGINT,
    CHECK ((state = 'pending') = (settled_at IS NULL)),
    CHECK ((state = 'ready') = (length_ms IS NOT NULL))
);
CREATE INDEX episode_versions_by_episode ON episode_versions (episode_id, created_at);
CREATE INDEX episode_versions_pending ON episode_versions (id) WHERE state = 'pending';

CREATE TABLE episode_chapters (
    episode_id UUID NOT NULL REFERENCES episodes (id),
    at_ms BIGINT NOT NULL CHECK (at_ms >= 0),
    title TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (episode_id, at_ms)
);

-- What is said, as JSON cues, to read along.
CREATE TABLE episode_transcripts (
    episode_id UUID NOT NULL PRIMARY KEY REFERENCES episodes (id),
    cues TEXT COLLATE "C" NOT NULL,
    changed_at BIGINT NOT NULL
);

-- Where somebody was after a sitting, and how much they heard in it. The one heard last is where they are.
CREATE TABLE places (
    user_id UUID NOT NULL REFERENCES users (id),
    item_id UUID NOT NULL REFERENCES items (id),
    began_at BIGINT NOT NULL,
    heard_at BIGINT NOT NULL CHECK (heard_at >= began_at),
    -- Time heard in it; two devices at once are one time.
    heard_ms BIGINT NOT NULL CHECK (heard_ms >= 0),
    position_ms BIGINT NOT NULL CHECK (position_ms >= 0),
    device TEXT COLLATE "C" NOT NULL CHECK (device IN ('phone', 'tablet', 'desktop')),
    -- The end was heard.
    finished BOOLEAN NOT NULL,
    PRIMARY KEY (user_id, item_id, began_at)
);
CREATE INDEX places_by_time ON places (user_id, heard_at);

CREATE TABLE favourites (
    user_id UUID NOT NULL REFERENCES users (id),
    series_id UUID NOT NULL REFERENCES series (id),
    added_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, series_id)
);

CREATE TABLE listening_queue (
    user_id UUID NOT NULL REFERENCES users (id),
    place BIGINT NOT NULL CHECK (place >= 0),
    episode_id UUID NOT NULL REFERENCES episodes (id),
    PRIMARY KEY (user_id, place),
    UNIQUE (user_id, episode_id)
);

-- Counted up with every change of what is in the library: whoever keeps it in memory knows when to read it again.
CREATE TABLE library_revision (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    revision BIGINT NOT NULL
);
INSERT INTO library_revision (one, revision) VALUES (1, 0);
