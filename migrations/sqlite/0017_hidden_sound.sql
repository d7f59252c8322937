-- How long a silence may be that one report of sound played on a hidden page makes up for: browsers wake such a page once a minute.
ALTER TABLE credit_rules ADD COLUMN hidden_sound_gap_ms INTEGER NOT NULL DEFAULT 75000;
-- Versions there are already judge lessons that were held: for them it stays as it was.
UPDATE credit_rules SET hidden_sound_gap_ms = receipt_gap_ms;

INSERT INTO credit_rules (
    id, version, name, full_percent, half_percent, max_rate_milli, receipt_gap_ms, hidden_sound_gap_ms, allowance_ms,
    edge_slack_ms, long_ms, long_hours_milli, medium_ms, medium_hours_milli, short_hours_milli, hidden_video_counts,
    checks_required, created_at, uncorroborated_counts, delivery_slack_ms
)
SELECT id, version + 1, name, full_percent, half_percent, max_rate_milli, receipt_gap_ms, max(receipt_gap_ms, 75000),
       allowance_ms, edge_slack_ms, long_ms, long_hours_milli, medium_ms, medium_hours_milli, short_hours_milli,
       hidden_video_counts, checks_required, created_at, uncorroborated_counts, delivery_slack_ms
FROM credit_rules r
WHERE id = x'00000000000070008000000000000001' AND version = (SELECT max(version) FROM credit_rules WHERE id = r.id);

UPDATE lessons SET rule_version = (SELECT max(version) FROM credit_rules WHERE id = rule_id)
WHERE phase = 'planned' AND rule_id = x'00000000000070008000000000000001';
