-- What members' evidence was judged to be worth, so that a year of thousands of lessons is read and not judged anew. Derived from
-- the evidence like a room's digests: each table may be emptied at any time and is computed again; nothing is ever added up in place.

-- Months are calendar months of Asia/Shanghai, as year × 12 + month − 1.
CREATE TABLE results (
    item_id UUID NOT NULL REFERENCES items (id),
    user_id UUID NOT NULL REFERENCES users (id),
    -- Of a lesson: when it was held; of an episode: when it was first opened. A lesson over midnight at the end of a month has a
    -- second row for what was learned after it.
    month BIGINT NOT NULL,
    -- Where it counts: the branch of then, else the unit that gave the item.
    unit_id UUID NOT NULL REFERENCES units (id),
    -- The second row of two.
    continues BOOLEAN NOT NULL,
    person BOOLEAN NOT NULL,
    live_person BOOLEAN NOT NULL,
    visits BIGINT NOT NULL,
    live_visits BIGINT NOT NULL,
    counted_ms BIGINT NOT NULL,
    coverage_bp BIGINT NOT NULL,
    credit TEXT COLLATE "C" NOT NULL CHECK (credit IN ('none', 'half', 'full')),
    hours_milli BIGINT NOT NULL,
    PRIMARY KEY (item_id, user_id, month)
);
CREATE INDEX results_by_user ON results (user_id, month);

-- The same of an item, added up for each unit that is or has one of the units it counts in.
CREATE TABLE result_figures (
    unit_id UUID NOT NULL REFERENCES units (id),
    month BIGINT NOT NULL,
    item_id UUID NOT NULL REFERENCES items (id),
    lesson BOOLEAN NOT NULL,
    continues BOOLEAN NOT NULL,
    invited BIGINT NOT NULL,
    invited_attended BIGINT NOT NULL,
    attended BIGINT NOT NULL,
    excused BIGINT NOT NULL,
    people BIGINT NOT NULL,
    live_people BIGINT NOT NULL,
    visits BIGINT NOT NULL,
    live_visits BIGINT NOT NULL,
    full_credits BIGINT NOT NULL,
    half_credits BIGINT NOT NULL,
    counted_ms BIGINT NOT NULL,
    hours_milli BIGINT NOT NULL,
    PRIMARY KEY (unit_id, month, item_id)
);
CREATE INDEX result_figures_by_item ON result_figures (item_id);

-- And of a member and a year, for each of these units.
CREATE TABLE result_people (
    unit_id UUID NOT NULL REFERENCES units (id),
    year BIGINT NOT NULL,
    user_id UUID NOT NULL REFERENCES users (id),
    -- In which months they are one of the 人数 of lessons: bit 0 is January.
    months BIGINT NOT NULL,
    lessons BIGINT NOT NULL,
    visits BIGINT NOT NULL,
    counted_ms BIGINT NOT NULL,
    hours_milli BIGINT NOT NULL,
    audio_hours_milli BIGINT NOT NULL,
    PRIMARY KEY (unit_id, year, user_id)
);
CREATE INDEX result_people_by_user ON result_people (user_id, year);

-- What an item's results were computed by; with another basis all of them are computed again.
CREATE TABLE settled_items (
    item_id UUID NOT NULL PRIMARY KEY REFERENCES items (id),
    basis TEXT COLLATE "C" NOT NULL,
    settled_at BIGINT NOT NULL
);

-- Members with evidence that came since: written in its transaction, for items whose time is not running any more.
CREATE TABLE results_due (
    item_id UUID NOT NULL REFERENCES items (id),
    user_id UUID NOT NULL REFERENCES users (id),
    -- When the first of it came.
    since BIGINT NOT NULL,
    -- It is being judged, and nothing came since.
    taken BOOLEAN NOT NULL,
    PRIMARY KEY (item_id, user_id)
);
CREATE INDEX results_due_by_user ON results_due (user_id);
