-- Leases that came through an edge which the operator named: nobody sees what is fetched there. Evidence: it only ever grows.
CREATE TABLE edge_leases (
    lease_id BLOB NOT NULL PRIMARY KEY REFERENCES leases (id)
) STRICT, WITHOUT ROWID;

-- From now on what no node delivered does not count. Lessons that were held keep the version they were held by.
INSERT INTO credit_rules (
    id, version, name, full_percent, half_percent, max_rate_milli, receipt_gap_ms, allowance_ms, edge_slack_ms,
    long_ms, long_hours_milli, medium_ms, medium_hours_milli, short_hours_milli, hidden_video_counts, checks_required,
    created_at, uncorroborated_counts, delivery_slack_ms
)
SELECT id, version + 1, name, full_percent, half_percent, max_rate_milli, receipt_gap_ms, allowance_ms, edge_slack_ms,
       long_ms, long_hours_milli, medium_ms, medium_hours_milli, short_hours_milli, hidden_video_counts, checks_required,
       created_at, 0, delivery_slack_ms
FROM credit_rules r
WHERE id = x'00000000000070008000000000000001' AND version = (SELECT max(version) FROM credit_rules WHERE id = r.id);

UPDATE lessons SET rule_version = (SELECT max(version) FROM credit_rules WHERE id = rule_id)
WHERE phase = 'planned' AND rule_id = x'00000000000070008000000000000001';
