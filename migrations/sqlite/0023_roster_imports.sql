-- Files that become a roster: what they would change, and what they changed. Kept for a day, then swept: they are full of people.
CREATE TABLE roster_imports (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    owner_id BLOB NOT NULL REFERENCES users (id),
    file_name TEXT NOT NULL,
    file_bytes INTEGER NOT NULL,
    -- How the file is to be read, as JSON.
    options TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reading', 'refused', 'previewed', 'applied', 'undone')),
    -- What was found, as JSON.
    summary TEXT NOT NULL DEFAULT '{}',
    fingerprint TEXT,
    created_at INTEGER NOT NULL,
    applied_at INTEGER,
    undone_at INTEGER
) STRICT;
CREATE INDEX roster_imports_by_owner ON roster_imports (owner_id, created_at);

CREATE TABLE roster_import_files (
    import_id BLOB NOT NULL REFERENCES roster_imports (id),
    seq INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (import_id, seq)
) STRICT, WITHOUT ROWID;

-- Lines of a preview by what they do, and what was written ('written'), as JSON lists.
CREATE TABLE roster_import_pieces (
    import_id BLOB NOT NULL REFERENCES roster_imports (id),
    kind TEXT NOT NULL,
    seq INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (import_id, kind, seq)
) STRICT, WITHOUT ROWID;

-- Which column meant what to whom, as JSON.
CREATE TABLE roster_columns (
    user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id),
    columns TEXT NOT NULL
) STRICT, WITHOUT ROWID;
