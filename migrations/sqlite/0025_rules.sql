-- How each credit rule stands. Its versions are the rows of credit_rules, which are never changed.
CREATE TABLE rule_standings (
    rule_id BLOB NOT NULL PRIMARY KEY CHECK (length(rule_id) = 16),
    -- What is planned from now on takes this version; NULL: none was activated yet.
    active_version INTEGER,
    -- The rule of whatever is planned without choosing one.
    is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    -- Since when nobody can choose it; NULL: it can be chosen.
    retired_at INTEGER,
    -- Counted up with every change, a version that is added included: whoever changes it says which one they saw.
    revision INTEGER NOT NULL,
    FOREIGN KEY (rule_id, active_version) REFERENCES credit_rules (id, version),
    CHECK (is_default = 0 OR (active_version IS NOT NULL AND retired_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX rule_standings_default ON rule_standings (is_default) WHERE is_default = 1;

INSERT INTO rule_standings (rule_id, active_version, is_default, retired_at, revision)
SELECT id, max(version), id = x'00000000000070008000000000000001', NULL, 1 FROM credit_rules GROUP BY id;

-- Why there is another version, and who made it; NULL: the program itself.
ALTER TABLE credit_rules ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE credit_rules ADD COLUMN created_by BLOB REFERENCES users (id);

-- What new episodes of a series are credited by; NULL: the default rule of that day.
ALTER TABLE series ADD COLUMN rule_id BLOB REFERENCES rule_standings (rule_id);

CREATE INDEX lessons_by_rule ON lessons (rule_id, rule_version);
CREATE INDEX episodes_by_rule ON episodes (rule_id, rule_version);
