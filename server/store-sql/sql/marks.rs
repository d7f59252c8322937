//! What a member's credit depends on, at a glance: whether anything was added since one looked last.

use uuid::Uuid;
use yunke_store::{EvidenceMark, StoreResult};

use crate::db::SqlStore;
use crate::error::{failed, word};

/// What a member's credit for a lesson is computed from, as figures of which at least one differs once anything was added.
pub(crate) async fn of_user(store: &SqlStore, user_id: Uuid) -> StoreResult<Vec<EvidenceMark>> {
    let rows = sqlx::query!(
        r#"WITH sent AS (
               SELECT l.id, l.item_id, l.issued_at, count(b.seq) AS beats, max(b.received_at) AS last_at
               FROM leases l LEFT JOIN beats b ON b.lease_id = l.id
               WHERE l.user_id = $1 AND l.purpose = 'watch' GROUP BY l.id
           ), mine AS (
               SELECT item_id, count(*) AS leases, min(issued_at) AS first_at, CAST(sum(beats) AS BIGINT) AS beats,
                      max(last_at) AS last_at,
                      CAST(sum((SELECT coalesce(sum(d.to_ms - d.from_ms), 0)
                                FROM deliveries d WHERE d.lease_id = sent.id)) AS BIGINT) AS delivered_ms,
                      count(*) FILTER (WHERE EXISTS (SELECT 1 FROM edge_leases e WHERE e.lease_id = sent.id)) AS edge_leases
               FROM sent GROUP BY item_id
           )
           SELECT m.item_id AS "lesson_id!: Uuid", m.leases AS "leases!: i64", m.first_at AS "first_at!: i64",
                  m.beats AS "beats!: i64", m.last_at AS "last_at?: i64", m.delivered_ms AS "delivered_ms!: i64",
                  m.edge_leases AS "edge_leases!: i64",
                  s.phase, s.planned_start_at, s.ended_at, s.zero_at, s.length_ms,
                  s.rule_id AS "rule_id!: Uuid", s.rule_version,
                  (SELECT count(*) FROM lesson_gaps g WHERE g.lesson_id = s.id) AS "gaps!: i64",
                  (SELECT CAST(coalesce(sum(g.to_ms - g.from_ms), 0) AS BIGINT)
                   FROM lesson_gaps g WHERE g.lesson_id = s.id) AS "gaps_ms!: i64",
                  (SELECT count(*) FROM media_heard h WHERE h.lesson_id = s.id)
                    + (SELECT count(*) FROM replays_heard h
                       WHERE s.ended_at IS NOT NULL AND h.from_at <= m.last_at) AS "heard!: i64",
                  (SELECT CAST(coalesce(sum(h.to_at - h.from_at), 0) AS BIGINT) FROM media_heard h WHERE h.lesson_id = s.id)
                    + (SELECT CAST(coalesce(sum(min(h.to_at, m.last_at) - h.from_at), 0) AS BIGINT) FROM replays_heard h
                       WHERE s.ended_at IS NOT NULL AND h.from_at <= m.last_at) AS "heard_ms!: i64",
                  (SELECT count(*) FROM replay_edits e WHERE e.lesson_id = s.id) AS "edits!: i64"
           FROM mine m JOIN lessons s ON s.id = m.item_id ORDER BY m.item_id"#,
        user_id
    )
    .fetch_all(&store.read())
    .await
    .map_err(failed)?;
    rows.into_iter()
        .map(|row| {
            Ok(EvidenceMark {
                lesson_id: row.lesson_id,
                phase: word(&row.phase)?,
                planned_start_at: row.planned_start_at,
                ended_at: row.ended_at,
                zero_at: row.zero_at,
                length_ms: row.length_ms,
                rule: (row.rule_id, row.rule_version),
                gaps: (row.gaps, row.gaps_ms),
                first_at: row.first_at,
                last_at: row.last_at,
                leases: row.leases,
                beats: row.beats,
                delivered_ms: row.delivered_ms,
                edge_leases: row.edge_leases,
                heard: (row.heard, row.heard_ms),
                edits: row.edits,
            })
        })
        .collect()
}
