-- Leases whose place newer ones of the same member and lesson have taken: nothing more is taken under them. Evidence, too:
-- it only ever grows.
CREATE TABLE superseded_leases (
    lease_id BLOB NOT NULL PRIMARY KEY REFERENCES leases (id),
    superseded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
