-- What members' evidence was judged to be worth, so that a year of thousands of lessons is read and not judged anew. Derived from
-- the evidence like a room's digests: each table may be emptied at any time and is computed again; nothing is ever added up in place.

-- Months are calendar months of Asia/Shanghai, as year × 12 + month − 1.
CREATE TABLE results (
    item_id BLOB NOT NULL REFERENCES items (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    -- Of a lesson: when it was held; of an episode: when it was first opened. A lesson over midnight at the end of a month has a
    -- second row for what was learned after it.
    month INTEGER NOT NULL,
    -- Where it counts: the branch of then, else the unit that gave the item.
    unit_id BLOB NOT NULL REFERENCES units (id),
    -- The second row of two.
    continues INTEGER NOT NULL CHECK (continues IN (0, 1)),
    person INTEGER NOT NULL CHECK (person IN (0, 1)),
    live_person INTEGER NOT NULL CHECK (live_person IN (0, 1)),
    visits INTEGER NOT NULL,
    live_visits INTEGER NOT NULL,
    counted_ms INTEGER NOT NULL,
    coverage_bp INTEGER NOT NULL,
    credit TEXT NOT NULL CHECK (credit IN ('none', 'half', 'full')),
    hours_milli INTEGER NOT NULL,
    PRIMARY KEY (item_id, user_id, month)
) STRICT, WITHOUT ROWID;
CREATE INDEX results_by_user ON results (user_id, month);

-- The same of an item, added up for each unit that is or has one of the units it counts in.
CREATE TABLE result_figures (
    unit_id BLOB NOT NULL REFERENCES units (id),
    month INTEGER NOT NULL,
    item_id BLOB NOT NULL REFERENCES items (id),
    lesson INTEGER NOT NULL CHECK (lesson IN (0, 1)),
    continues INTEGER NOT NULL CHECK (continues IN (0, 1)),
    invited INTEGER NOT NULL,
    invited_attended INTEGER NOT NULL,
    attended INTEGER NOT NULL,
    excused INTEGER NOT NULL,
    people INTEGER NOT NULL,
    live_people INTEGER NOT NULL,
    visits INTEGER NOT NULL,
    live_visits INTEGER NOT NULL,
    full_credits INTEGER NOT NULL,
    half_credits INTEGER NOT NULL,
    counted_ms INTEGER NOT NULL,
    hours_milli INTEGER NOT NULL,
    PRIMARY KEY (unit_id, month, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX result_figures_by_item ON result_figures (item_id);

-- And of a member and a year, for each of these units.
CREATE TABLE result_people (
    unit_id BLOB NOT NULL REFERENCES units (id),
    year INTEGER NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id),
    -- In which months they are one of the 人数 of lessons: bit 0 is January.
    months INTEGER NOT NULL,
    lessons INTEGER NOT NULL,
    visits INTEGER NOT NULL,
    counted_ms INTEGER NOT NULL,
    hours_milli INTEGER NOT NULL,
    audio_hours_milli INTEGER NOT NULL,
    PRIMARY KEY (unit_id, year, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX result_people_by_user ON result_people (user_id, year);

-- What an item's results were computed by; with another basis all of them are computed again.
CREATE TABLE settled_items (
    item_id BLOB NOT NULL PRIMARY KEY REFERENCES items (id),
    basis TEXT NOT NULL,
    settled_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Members with evidence that came since: written in its transaction, for items whose time is not running any more.
CREATE TABLE results_due (
    item_id BLOB NOT NULL REFERENCES items (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    -- When the first of it came.
    since INTEGER NOT NULL,
    -- It is being judged, and nothing came since.
    taken INTEGER NOT NULL CHECK (taken IN (0, 1)),
    PRIMARY KEY (item_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX results_due_by_user ON results_due (user_id);
