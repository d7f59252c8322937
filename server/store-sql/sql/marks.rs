//! What a member's credit depends on, at a glance: whether anything was added since one looked last.

use uuid::Uuid;
use yunke_store::{EvidenceMark, Item, LessonPhase, StoreResult};

use crate::db::{Connection, SqlStore};
use crate::error::{failed, word};

/// Of lessons.
async fn of_lessons(on: &mut Connection, user_id: Uuid) -> StoreResult<Vec<EvidenceMark>> {
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
           SELECT m.item_id AS "item_id!: Uuid", m.leases AS "leases!: i64", m.first_at AS "first_at!: i64",
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
    .fetch_all(&mut *on)
    .await
    .map_err(failed)?;
    rows.into_iter()
        .map(|row| {
            Ok(EvidenceMark {
                item: Item::lesson(row.item_id),
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

/// Of episodes.
async fn of_episodes(on: &mut Connection, user_id: Uuid) -> StoreResult<Vec<EvidenceMark>> {
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
           SELECT m.item_id AS "item_id!: Uuid", m.leases AS "leases!: i64", m.first_at AS "first_at!: i64",
                  m.beats AS "beats!: i64", m.last_at AS "last_at?: i64", m.delivered_ms AS "delivered_ms!: i64",
                  m.edge_leases AS "edge_leases!: i64", e.rule_id AS "rule_id!: Uuid", e.rule_version AS "rule_version!: i64",
                  (SELECT min(v.settled_at) FROM episode_versions v
                   WHERE v.episode_id = e.id AND v.state = 'ready') AS "since?: i64",
                  (SELECT max(v.length_ms) FROM episode_versions v
                   WHERE v.episode_id = e.id AND v.state = 'ready') AS "length_ms?: i64",
                  e.withdrawn_at AS "withdrawn_at?: i64",
                  (SELECT count(*) FROM replays_heard h WHERE h.from_at <= m.last_at) AS "heard!: i64",
                  (SELECT CAST(coalesce(sum(min(h.to_at, m.last_at) - h.from_at), 0) AS BIGINT) FROM replays_heard h
                   WHERE h.from_at <= m.last_at) AS "heard_ms!: i64",
                  (SELECT count(*) * 2 FROM episode_versions v WHERE v.episode_id = e.id AND v.state = 'ready')
                    + CASE WHEN s.credit = 'none' THEN 1 ELSE 0 END AS "edits!: i64"
           FROM mine m JOIN episodes e ON e.id = m.item_id JOIN series s ON s.id = e.series_id ORDER BY m.item_id"#,
        user_id
    )
    .fetch_all(&mut *on)
    .await
    .map_err(failed)?;
    let marks = rows.into_iter().map(|row| EvidenceMark {
        item: Item::episode(row.item_id),
        phase: LessonPhase::Ended,
        planned_start_at: row.first_at,
        ended_at: row.since,
        zero_at: row.withdrawn_at,
        length_ms: row.length_ms,
        rule: (row.rule_id, row.rule_version),
        gaps: (0, 0),
        first_at: row.first_at,
        last_at: row.last_at,
        leases: row.leases,
        beats: row.beats,
        delivered_ms: row.delivered_ms,
        edge_leases: row.edge_leases,
        heard: (row.heard, row.heard_ms),
        edits: row.edits,
    });
    Ok(marks.collect())
}

/// What a member's credit is computed from, as figures of which at least one differs once anything was added.
pub(crate) async fn of_user(store: &SqlStore, user_id: Uuid) -> StoreResult<Vec<EvidenceMark>> {
    let mut tx = store.begin_snapshot().await?;
    let mut marks = of_lessons(&mut tx, user_id).await?;
    marks.extend(of_episodes(&mut tx, user_id).await?);
    marks.sort_by_key(|mark| mark.item.id);
    Ok(marks)
}
