//! Settled results of one member, and what they missed.

use std::ops::Range;

use uuid::Uuid;
use yunke_store::{Item, MemberResult, StoreResult, UtcMillis, YearLine};

use crate::db::SqlStore;
use crate::error::{failed, word};

/// What somebody learned in these months, lesson by lesson and episode by episode.
pub(super) async fn learned(
    store: &SqlStore,
    user_id: Uuid,
    months: Range<i64>,
    limit: i64,
) -> StoreResult<Vec<YearLine>> {
    let rows = sqlx::query!(
        r#"SELECT r.item_id AS "item_id!: Uuid", i.kind AS "kind!: String", r.month AS "month!: i64", r.unit_id AS "unit_id!: Uuid",
                  r.continues AS "continues!: bool", r.person AS "person!: bool", r.live_person AS "live_person!: bool",
                  r.visits AS "visits!: i64", r.live_visits AS "live_visits!: i64", r.counted_ms AS "counted_ms!: i64",
                  r.coverage_bp AS "coverage_bp!: i64", r.credit AS "credit!: String", r.hours_milli AS "hours_milli!: i64",
                  coalesce(s.title, e.title) AS "title!: String", coalesce(p.name, g.title) AS "from_name!: String",
                  coalesce(su.path, gu.path) AS "unit_path!: String",
                  s.started_at AS "started_at?: i64", s.ended_at AS "ended_at?: i64", coalesce(c.make_up_ms, 0) AS "make_up_ms!: i64",
                  coalesce(s.replay_ready, false) AS "replay_ready!: bool",
                  coalesce((SELECT v.hidden FROM replay_edits v WHERE v.lesson_id = s.id ORDER BY v.version DESC LIMIT 1), false)
                      AS "hidden!: bool",
                  (s.id IS NULL OR EXISTS (
                      SELECT 1 FROM users me CROSS JOIN units mine CROSS JOIN lesson_audience a CROSS JOIN units au
                      WHERE me.id = $1 AND mine.id = me.branch_id AND a.lesson_id = s.id AND au.id = a.unit_id
                        AND substr(mine.path, 1, length(au.path)) = au.path)) AS "may_watch!: bool",
                  (SELECT x.reason FROM lesson_excuses x WHERE x.lesson_id = s.id AND x.user_id = $1) AS "excuse?: String"
           FROM results r JOIN items i ON i.id = r.item_id
                LEFT JOIN lessons s ON s.id = r.item_id LEFT JOIN units su ON su.id = s.unit_id LEFT JOIN users p ON p.id = s.lecturer_id
                LEFT JOIN credit_rules c ON c.id = s.rule_id AND c.version = s.rule_version
                LEFT JOIN episodes e ON e.id = r.item_id LEFT JOIN series g ON g.id = e.series_id LEFT JOIN units gu ON gu.id = g.unit_id
           WHERE r.user_id = $1 AND r.month >= $2 AND r.month < $3
           ORDER BY s.started_at IS NULL, s.started_at DESC, r.month DESC, r.item_id LIMIT $4"#,
        user_id,
        months.start,
        months.end,
        limit,
    )
    .fetch_all(&store.read())
    .await
    .map_err(failed)?;
    rows.into_iter()
        .map(|row| {
            let result = MemberResult {
                user_id,
                month: row.month,
                unit_id: row.unit_id,
                continues: row.continues,
                person: row.person,
                live_person: row.live_person,
                visits: row.visits,
                live_visits: row.live_visits,
                counted_ms: row.counted_ms,
                coverage_bp: row.coverage_bp,
                credit: word(&row.credit)?,
                hours_milli: row.hours_milli,
            };
            Ok(YearLine {
                item: Item { kind: word(&row.kind)?, id: row.item_id },
                title: row.title,
                from_name: row.from_name,
                unit_path: row.unit_path,
                started_at: row.started_at,
                ended_at: row.ended_at,
                make_up_ms: row.make_up_ms,
                replay_ready: row.replay_ready,
                hidden: row.hidden,
                may_watch: row.may_watch,
                excuse: row.excuse,
                result: Some(result),
            })
        })
        .collect()
}

/// Lessons to which somebody was invited and did not come, by the same memberships as a lesson's roll.
pub(super) async fn missed(
    store: &SqlStore,
    user_id: Uuid,
    span: Range<UtcMillis>,
    limit: i64,
) -> StoreResult<Vec<YearLine>> {
    let rows = sqlx::query!(
        r#"WITH mine AS MATERIALIZED (
               SELECT b.path, m.from_at, m.to_at FROM memberships m CROSS JOIN units b
               WHERE m.user_id = $1 AND b.id = m.branch_id)
           SELECT s.id AS "id!: Uuid", s.title AS "title!: String", p.name AS "lecturer!: String", su.path AS "unit_path!: String",
                  s.started_at AS "started_at?: i64", s.ended_at AS "ended_at?: i64", c.make_up_ms AS "make_up_ms!: i64",
                  s.replay_ready AS "replay_ready!: bool",
                  coalesce((SELECT v.hidden FROM replay_edits v WHERE v.lesson_id = s.id ORDER BY v.version DESC LIMIT 1), false)
                      AS "hidden!: bool",
                  EXISTS (SELECT 1 FROM users me CROSS JOIN units mine CROSS JOIN lesson_audience a CROSS JOIN units au
                          WHERE me.id = $1 AND mine.id = me.branch_id AND a.lesson_id = s.id AND au.id = a.unit_id
                            AND substr(mine.path, 1, length(au.path)) = au.path) AS "may_watch!: bool",
                  (SELECT x.reason FROM lesson_excuses x WHERE x.lesson_id = s.id AND x.user_id = $1) AS "excuse?: String"
           FROM lessons s JOIN units su ON su.id = s.unit_id JOIN users p ON p.id = s.lecturer_id
                JOIN credit_rules c ON c.id = s.rule_id AND c.version = s.rule_version
           WHERE s.phase = 'ended' AND s.started_at >= $2 AND s.started_at < $3
             AND NOT EXISTS (SELECT 1 FROM played o WHERE o.item_id = s.id AND o.user_id = $1)
             AND EXISTS (SELECT 1 FROM mine m CROSS JOIN lesson_audience a CROSS JOIN units u
                         WHERE a.lesson_id = s.id AND u.id = a.unit_id
                           AND m.from_at <= s.ended_at AND (m.to_at IS NULL OR m.to_at > s.started_at)
                           AND substr(m.path, 1, length(u.path)) = u.path)
           ORDER BY s.started_at DESC, s.id LIMIT $4"#,
        user_id,
        span.start,
        span.end,
        limit,
    )
    .fetch_all(&store.read())
    .await
    .map_err(failed)?;
    let line = rows.into_iter().map(|row| YearLine {
        item: Item::lesson(row.id),
        title: row.title,
        from_name: row.lecturer,
        unit_path: row.unit_path,
        started_at: row.started_at,
        ended_at: row.ended_at,
        make_up_ms: row.make_up_ms,
        replay_ready: row.replay_ready,
        hidden: row.hidden,
        may_watch: row.may_watch,
        excuse: row.excuse,
        result: None,
    });
    Ok(line.collect())
}
