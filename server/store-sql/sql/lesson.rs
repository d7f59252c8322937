//! Lessons, read.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_store::{
    Cancel, Edit, EditOutcome, Interval, Lesson, LessonFilter, LessonStore, LessonSummary, NewLesson, Page,
    PhaseChange, PhaseOutcome, StoreResult, TextEnum as _, Unit, UtcMillis,
};

use super::{json, lesson_change, replay, rules::rule, unit::UnitRow};
use crate::db::{Connection, SqlStore};
use crate::error::{failed, word};

/// Closed outages of a lesson, ascending.
pub(crate) async fn gaps(on: &mut Connection, lesson_id: Uuid) -> StoreResult<Vec<Interval>> {
    sqlx::query_as!(
        Interval,
        r#"SELECT from_ms AS "from", to_ms AS "to" FROM lesson_gaps WHERE lesson_id = $1 ORDER BY from_ms"#,
        lesson_id
    )
    .fetch_all(on)
    .await
    .map_err(failed)
}

async fn audience(on: &mut Connection, lesson_id: Uuid) -> StoreResult<Vec<Unit>> {
    sqlx::query_as!(
        UnitRow,
        "SELECT u.id, u.parent_id, u.kind, u.name, u.path
         FROM lesson_audience a JOIN units u ON u.id = a.unit_id WHERE a.lesson_id = $1 ORDER BY u.path",
        lesson_id
    )
    .fetch_all(on)
    .await
    .map_err(failed)?
    .into_iter()
    .map(Unit::try_from)
    .collect()
}

/// One lesson with all that belongs to it, from one view of the database.
async fn load(store: &SqlStore, id: Uuid) -> StoreResult<Option<Lesson>> {
    let mut tx = store.begin_snapshot().await?;
    let row = sqlx::query!(
        r#"SELECT l.title, l.summary, l.lecturer_id, p.name AS lecturer_name, l.planned_start_at, l.planned_end_at,
                  l.phase, l.started_at, l.ended_at, l.zero_at, l.edge_ms, l.length_ms,
                  l.replay_ready AS "replay_ready: bool", l.rule_id, l.rule_version,
                  l.stream_key_hash IS NOT NULL AS "key_set!: bool", l.low_latency AS "low_latency: bool",
                  (SELECT o.changed_at FROM posters o WHERE o.lesson_id = l.id) AS "poster_at?: i64",
                  u.id AS unit_id, u.parent_id, u.kind, u.name, u.path
           FROM lessons l JOIN users p ON p.id = l.lecturer_id JOIN units u ON u.id = l.unit_id
           WHERE l.id = $1"#,
        id
    )
    .fetch_optional(&mut *tx)
    .await
    .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let unit =
        UnitRow { id: row.unit_id, parent_id: row.parent_id, kind: row.kind, name: row.name, path: row.path };
    Ok(Some(Lesson {
        id,
        title: row.title,
        summary: row.summary,
        unit: unit.try_into()?,
        lecturer_id: row.lecturer_id,
        lecturer_name: row.lecturer_name,
        planned_start_at: row.planned_start_at,
        planned_end_at: row.planned_end_at,
        phase: word(&row.phase)?,
        started_at: row.started_at,
        ended_at: row.ended_at,
        zero_at: row.zero_at,
        edge_ms: row.edge_ms,
        length_ms: row.length_ms,
        replay_ready: row.replay_ready,
        gaps: gaps(&mut tx, id).await?,
        audience: audience(&mut tx, id).await?,
        rule: rule(&mut tx, row.rule_id, row.rule_version).await?,
        key_set: row.key_set,
        low_latency: row.low_latency,
        edits: replay::edits(&mut tx, id).await?,
        poster_at: row.poster_at,
    }))
}

async fn list(store: &SqlStore, filter: &LessonFilter, page: Page) -> StoreResult<Vec<LessonSummary>> {
    let phases: Vec<&str> = filter.phases.iter().map(|phase| phase.as_str()).collect();
    let phases = (!phases.is_empty()).then(|| json(&phases));
    let within = filter.within_paths.as_deref().map(json);
    let concerning = filter.concerning.as_deref().map(json);
    let seen_by = filter.seen_by.as_ref();
    let seen_user = seen_by.map(|seen| seen.user_id);
    let seen_branch = seen_by.and_then(|seen| seen.branch_path.as_deref());
    let seen_organizes = seen_by.map(|seen| json(&seen.organizes));
    let direction: i64 = if filter.latest_first { -1 } else { 1 };
    let rows = sqlx::query!(
        r#"SELECT l.id, l.title, p.name AS lecturer_name, u.name AS unit_name, l.planned_start_at,
                  l.planned_end_at, l.phase, l.started_at, l.length_ms, l.replay_ready AS "replay_ready: bool",
                  (SELECT o.changed_at FROM posters o WHERE o.lesson_id = l.id) AS "poster_at?: i64"
           FROM lessons l JOIN users p ON p.id = l.lecturer_id JOIN units u ON u.id = l.unit_id
           WHERE (l.phase IN (SELECT value FROM json_each($1)) OR $1 IS NULL)
             AND (EXISTS (SELECT 1 FROM json_each($2) AS scope
                          WHERE substr(u.path, 1, length(scope.value)) = scope.value) OR $2 IS NULL)
             AND (l.lecturer_id = $3 OR $3 IS NULL)
             AND (l.rule_id = $14 OR $14 IS NULL)
             AND (l.rule_version = $15 OR $15 IS NULL)
             AND (l.planned_start_at >= $4 OR $4 IS NULL)
             AND (l.planned_start_at < $5 OR $5 IS NULL)
             AND (l.lecturer_id = $6 OR $6 IS NULL
                  OR EXISTS (SELECT 1 FROM json_each($8) AS scope
                             WHERE substr(u.path, 1, length(scope.value)) = scope.value)
                  OR EXISTS (SELECT 1 FROM lesson_audience a JOIN units au ON au.id = a.unit_id
                             WHERE a.lesson_id = l.id AND substr($7, 1, length(au.path)) = au.path))
             AND (NOT $12 OR (l.replay_ready
                  AND NOT coalesce((SELECT e.hidden FROM replay_edits e WHERE e.lesson_id = l.id
                                    ORDER BY e.version DESC LIMIT 1), false)))
             AND (EXISTS (SELECT 1 FROM json_each($16) AS scope
                          WHERE substr(u.path, 1, length(scope.value)) = scope.value
                             OR EXISTS (SELECT 1 FROM lesson_audience a JOIN units au ON au.id = a.unit_id
                                        WHERE a.lesson_id = l.id
                                          AND (substr(scope.value, 1, length(au.path)) = au.path
                                               OR substr(au.path, 1, length(scope.value)) = scope.value)))
                  OR $16 IS NULL)
           ORDER BY CASE WHEN l.planned_end_at >= $13 THEN l.planned_start_at
                         WHEN $13 IS NOT NULL THEN 1000000000000000 - l.planned_start_at
                         ELSE l.planned_start_at * $9 END, l.id LIMIT $10 OFFSET $11"#,
        phases,
        within,
        filter.lecturer_id,
        filter.from,
        filter.until,
        seen_user,
        seen_branch,
        seen_organizes,
        direction,
        page.limit,
        page.offset,
        filter.replayable,
        filter.nearest_to,
        filter.rule_id,
        filter.rule_version,
        concerning,
    )
    .fetch_all(&store.read())
    .await
    .map_err(failed)?;
    rows.into_iter()
        .map(|row| {
            Ok(LessonSummary {
                id: row.id,
                title: row.title,
                lecturer_name: row.lecturer_name,
                unit_name: row.unit_name,
                planned_start_at: row.planned_start_at,
                planned_end_at: row.planned_end_at,
                phase: word(&row.phase)?,
                started_at: row.started_at,
                length_ms: row.length_ms,
                replay_ready: row.replay_ready,
                poster_at: row.poster_at,
            })
        })
        .collect()
}

#[async_trait]
impl LessonStore for SqlStore {
    async fn plan_lesson(&self, lesson: NewLesson) -> StoreResult<()> {
        lesson_change::plan(self, lesson).await
    }

    async fn edit_lesson(
        &self,
        id: Uuid,
        edit: Edit,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<EditOutcome> {
        lesson_change::edit(self, id, edit, actor_id, at).await
    }

    async fn cancel_lesson(&self, cancel: Cancel) -> StoreResult<EditOutcome> {
        lesson_change::cancel(self, cancel).await
    }

    async fn change_phase(&self, change: PhaseChange) -> StoreResult<PhaseOutcome> {
        lesson_change::phase(self, change).await
    }

    async fn lesson(&self, id: Uuid) -> StoreResult<Option<Lesson>> {
        load(self, id).await
    }

    async fn lessons(&self, filter: &LessonFilter, page: Page) -> StoreResult<Vec<LessonSummary>> {
        list(self, filter, page).await
    }

    async fn set_stream_key(
        &self,
        lesson_id: Uuid,
        key_hash: &[u8; 32],
        actor_id: Option<Uuid>,
        at: UtcMillis,
    ) -> StoreResult<EditOutcome> {
        lesson_change::stream_key(self, lesson_id, Some(key_hash), actor_id, at).await
    }

    async fn revoke_stream_key(
        &self,
        lesson_id: Uuid,
        actor_id: Option<Uuid>,
        at: UtcMillis,
    ) -> StoreResult<EditOutcome> {
        lesson_change::stream_key(self, lesson_id, None, actor_id, at).await
    }

    async fn open_booth(
        &self,
        lesson_id: Uuid,
        actor_id: Option<Uuid>,
        at: UtcMillis,
    ) -> StoreResult<EditOutcome> {
        lesson_change::open_booth(self, lesson_id, actor_id, at).await
    }
}
