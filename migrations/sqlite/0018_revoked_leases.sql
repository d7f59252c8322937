-- Leases whose member was signed out everywhere or disabled after they were issued: media is not served under them any more. What was
-- watched under them stays evidence. Rows go when the lease would have ended by itself.
CREATE TABLE revoked_leases (
    lease_id BLOB NOT NULL PRIMARY KEY REFERENCES leases (id),
    revoked_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_leases_by_end ON revoked_leases (expires_at);
