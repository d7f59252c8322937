-- Who was excused from a lesson (请假), by whom and, if they said so, why. Taking it back deletes the row; the audit log has
-- both. An excuse says nothing of credit: who comes all the same earns as everybody.
CREATE TABLE lesson_excuses (
    lesson_id BLOB NOT NULL REFERENCES lessons (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    reason TEXT NOT NULL,
    excused_by BLOB NOT NULL REFERENCES users (id),
    excused_at INTEGER NOT NULL,
    PRIMARY KEY (lesson_id, user_id)
) STRICT, WITHOUT ROWID;

-- How long after a lesson's end its replay is there to make up for it: so long who has not come is pending (待定), then absent.
-- What is watched later counts all the same.
ALTER TABLE credit_rules ADD COLUMN make_up_ms INTEGER NOT NULL DEFAULT 604800000 CHECK (make_up_ms >= 0);
