-- What media nodes sent to a lease, on the lesson's timeline: a union of half-open [from_ms, to_ms). Evidence like the
-- beats it corroborates: it only ever grows.
CREATE TABLE deliveries (
    lease_id BLOB NOT NULL REFERENCES leases (id),
    from_ms INTEGER NOT NULL CHECK (from_ms >= 0),
    to_ms INTEGER NOT NULL CHECK (to_ms > from_ms),
    PRIMARY KEY (lease_id, from_ms)
) STRICT, WITHOUT ROWID;

-- In which server time a node's deliveries of a lesson were heard of without a break. Outside of it nothing is known of
-- what was sent, and the absence of a delivery says nothing.
CREATE TABLE media_heard (
    lesson_id BLOB NOT NULL REFERENCES lessons (id),
    boot BLOB NOT NULL CHECK (length(boot) = 16),
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL CHECK (to_at >= from_at),
    PRIMARY KEY (lesson_id, boot, from_at)
) STRICT, WITHOUT ROWID;

-- Versions that exist already credited time without a delivery, since nobody looked.
ALTER TABLE credit_rules ADD COLUMN uncorroborated_counts INTEGER NOT NULL DEFAULT 1
    CHECK (uncorroborated_counts IN (0, 1));
ALTER TABLE credit_rules ADD COLUMN delivery_slack_ms INTEGER NOT NULL DEFAULT 4000 CHECK (delivery_slack_ms >= 0);
