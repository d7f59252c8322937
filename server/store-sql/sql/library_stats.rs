//! What was heard of the library, added up.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_store::{
    CURVE_PARTS, CurveFilter, FIGURES_MAX, FiguresBy, FiguresFilter, FiguresRow, LibraryFigures,
    LibraryStatsStore, PLAY_MS, StoreResult,
};

use super::json;
use crate::db::SqlStore;
use crate::error::failed;

const DAY_MS: i64 = 86_400_000;

/// Days begin at midnight in Asia/Shanghai.
const DAY_SHIFT_MS: i64 = 8 * 3_600_000;

/// A sitting took at least as long as what was heard in it, but for what was on its way.
const BURST_MS: i64 = 60_000;

/// A beat that claims more of an episode than this is of no player of ours.
const BEAT_MS: i64 = 120_000;

/// A row of figures.
struct Row {
    subject: Option<Uuid>,
    name: Option<String>,
    parent: Option<String>,
    listeners: i64,
    plays: i64,
    heard_ms: i64,
    completions: i64,
}

impl From<Row> for FiguresRow {
    fn from(row: Row) -> Self {
        let Row { subject, name, parent, listeners, plays, heard_ms, completions } = row;
        Self { subject, name, parent, heard: LibraryFigures { listeners, plays, heard_ms, completions } }
    }
}

#[async_trait]
impl LibraryStatsStore for SqlStore {
    async fn figures(&self, filter: FiguresFilter, by: FiguresBy) -> StoreResult<Vec<FiguresRow>> {
        let within = json(&filter.within_paths);
        let by = match by {
            FiguresBy::All => "all",
            FiguresBy::Series => "series",
            FiguresBy::Episode => "episode",
            FiguresBy::Branch => "branch",
        };
        let rows = sqlx::query_as!(
            Row,
            r#"WITH sittings AS (
                   SELECT CASE $1 WHEN 'series' THEN e.series_id WHEN 'episode' THEN e.id
                                  WHEN 'branch' THEN l.branch_id ELSE NULL END AS subject,
                          p.item_id, p.user_id, p.heard_at, p.finished, (p.heard_at + $7) / $8 AS day,
                          min(p.heard_ms, p.heard_at - p.began_at + $9) AS heard_ms
                   FROM series s CROSS JOIN units u CROSS JOIN episodes e CROSS JOIN places p CROSS JOIN users l
                   WHERE u.id = s.unit_id AND e.series_id = s.id AND p.item_id = e.id AND l.id = p.user_id
                     AND EXISTS (SELECT 1 FROM json_each($2) AS scope
                                 WHERE substr(u.path, 1, length(scope.value)) = scope.value)
                     AND (s.id = $3 OR $3 IS NULL) AND (e.id = $4 OR $4 IS NULL) AND p.heard_at < $6),
               days AS (
                   SELECT subject, user_id, min(CAST(sum(heard_ms) AS BIGINT), $8) AS heard_ms,
                          sum(CASE WHEN heard_ms >= $10 THEN 1 ELSE 0 END) AS plays
                   FROM sittings WHERE heard_at >= $5 GROUP BY subject, user_id, day),
               finishes AS (
                   SELECT subject, user_id, item_id, min(heard_at) AS first_at
                   FROM sittings WHERE finished GROUP BY subject, user_id, item_id),
               people AS (
                   SELECT subject, user_id, sum(heard_ms) AS heard_ms, sum(plays) AS plays, sum(ends) AS ends
                   FROM (SELECT subject, user_id, heard_ms, plays, 0 AS ends FROM days
                         UNION ALL SELECT subject, user_id, 0, 0, 1 FROM finishes WHERE first_at >= $5) AS parts
                   GROUP BY subject, user_id),
               figures AS (
                   SELECT subject, sum(CASE WHEN heard_ms >= $10 OR ends > 0 THEN 1 ELSE 0 END) AS listeners,
                          sum(plays) AS plays, sum(heard_ms) AS heard_ms, sum(ends) AS completions
                   FROM people GROUP BY subject)
               SELECT f.subject AS "subject?: Uuid", b.name AS "name?: String", o.name AS "parent?: String",
                      CAST(f.listeners AS BIGINT) AS "listeners!: i64", CAST(f.plays AS BIGINT) AS "plays!: i64",
                      CAST(f.heard_ms AS BIGINT) AS "heard_ms!: i64",
                      CAST(f.completions AS BIGINT) AS "completions!: i64"
               FROM figures f LEFT JOIN units b ON b.id = f.subject LEFT JOIN units o ON o.id = b.parent_id
               ORDER BY f.heard_ms DESC, f.subject IS NULL, f.subject LIMIT $11"#,
            by,
            within,
            filter.series_id,
            filter.episode_id,
            filter.from,
            filter.until,
            DAY_SHIFT_MS,
            DAY_MS,
            BURST_MS,
            PLAY_MS,
            FIGURES_MAX,
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)?;
        Ok(rows.into_iter().map(FiguresRow::from).collect())
    }

    async fn curve(&self, filter: CurveFilter) -> StoreResult<Vec<i64>> {
        let parts = filter.parts.clamp(1, CURVE_PARTS);
        let length_ms = filter.length_ms.max(1);
        // A beat covers so many parts behind the one it begins in, and no more.
        let steps = (BEAT_MS * parts / length_ms + 1).min(parts - 1);
        let steps = json(&(0..=steps).map(|step| step.to_string()).collect::<Vec<_>>());
        let rows = sqlx::query!(
            r#"WITH heard AS (
                   SELECT DISTINCT l.user_id, b.from_ms * $3 / $2 + CAST(step.value AS BIGINT) AS part
                   FROM leases l CROSS JOIN beats b CROSS JOIN json_each($7) AS step
                   WHERE l.item_id = $1 AND l.purpose = 'watch' AND b.lease_id = l.id AND b.state = 'playing'
                     AND b.to_ms > b.from_ms AND b.to_ms - b.from_ms <= $4 AND b.from_ms < $2
                     AND b.received_at >= $5 AND b.received_at < $6
                     AND b.from_ms * $3 / $2 + CAST(step.value AS BIGINT) <= (b.to_ms - 1) * $3 / $2)
               SELECT part AS "part!: i64", count(*) AS "people!: i64" FROM heard WHERE part < $3 GROUP BY part"#,
            filter.episode_id,
            length_ms,
            parts,
            BEAT_MS,
            filter.from,
            filter.until,
            steps,
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)?;
        let mut curve = vec![0; usize::try_from(parts).unwrap_or_default()];
        for row in rows {
            if let Some(people) = usize::try_from(row.part).ok().and_then(|part| curve.get_mut(part)) {
                *people = row.people;
            }
        }
        Ok(curve)
    }
}
