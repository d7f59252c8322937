-- Files that become a roster: what they would change, and what they changed. Kept for a day, then swept: they are full of people.
CREATE TABLE roster_imports (
    id UUID NOT NULL PRIMARY KEY,
    owner_id UUID NOT NULL REFERENCES users (id),
    file_name TEXT COLLATE "C" NOT NULL,
    file_bytes BIGINT NOT NULL,
    -- How the file is to be read, as JSON.
    options TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('reading', 'refused', 'previewed', 'applied', 'undone')),
    -- What was found, as JSON.
    summary TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    fingerprint TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    applied_at BIGINT,
    undone_at BIGINT
);
CREATE INDEX roster_imports_by_owner ON roster_imports (owner_id, created_at);

CREATE TABLE roster_import_files (
    import_id UUID NOT NULL REFERENCES roster_imports (id),
    seq BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (import_id, seq)
);

-- Lines of a preview by what they do, and what was written ('written'), as JSON lists.
CREATE TABLE roster_import_pieces (
    import_id UUID NOT NULL REFERENCES roster_imports (id),
    kind TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (import_id, kind, seq)
);

-- Which column meant what to whom, as JSON.
CREATE TABLE roster_columns (
    user_id UUID NOT NULL PRIMARY KEY REFERENCES users (id),
    columns TEXT COLLATE "C" NOT NULL
);
