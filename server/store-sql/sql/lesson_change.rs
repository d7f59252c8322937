//! Lessons, changed. Every change writes its line of the audit log in the same transaction.

use uuid::Uuid;
use yunke_store::{
    Cancel, Edit, EditOutcome, ItemKind, NewLesson, PhaseChange, PhaseOutcome, StoreResult, TextEnum as _,
    UtcMillis,
    decide::{
        lesson::{self, LessonFacts, LessonPlan},
        phase::{self, KeyChange, PhaseChanged},
    },
};

use super::{operation::audit, rules::standing};
use crate::db::{Connection, SqlStore};
use crate::error::{failed, word};

async fn facts(on: &mut Connection, id: Uuid) -> StoreResult<Option<LessonFacts>> {
    let row = sqlx::query!(
        r#"SELECT title, summary, lecturer_id, planned_start_at, planned_end_at, low_latency AS "low_latency: bool",
                  phase, started_at, stream_key_version, rule_id, rule_version
           FROM lessons WHERE id = $1"#,
        id
    )
    .fetch_optional(on)
    .await
    .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let plan = LessonPlan {
        title: row.title,
        summary: row.summary,
        lecturer_id: row.lecturer_id,
        planned_start_at: row.planned_start_at,
        planned_end_at: row.planned_end_at,
        low_latency: row.low_latency,
        rule: (row.rule_id, row.rule_version),
    };
    let phase = word(&row.phase)?;
    Ok(Some(LessonFacts { phase, started_at: row.started_at, key_version: row.stream_key_version, plan }))
}

async fn set_audience(on: &mut Connection, lesson_id: Uuid, units: &[Uuid]) -> StoreResult<()> {
    sqlx::query!("DELETE FROM lesson_audience WHERE lesson_id = $1", lesson_id)
        .execute(&mut *on)
        .await
        .map_err(failed)?;
    for unit_id in units {
        sqlx::query!(
            "INSERT INTO lesson_audience (lesson_id, unit_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            lesson_id,
            unit_id
        )
        .execute(&mut *on)
        .await
        .map_err(failed)?;
    }
    Ok(())
}

pub(crate) async fn plan(store: &SqlStore, new: NewLesson) -> StoreResult<()> {
    let mut tx = store.begin().await?;
    let planned = lesson::plan(standing(&mut tx, new.rule_id).await?, &new)?;
    let (rule_id, rule_version) = planned.rule;
    let kind = ItemKind::Lesson.as_str();
    sqlx::query!("INSERT INTO items (id, kind) VALUES ($1, $2)", new.id, kind)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    sqlx::query!(
        "INSERT INTO lessons (id, title, summary, unit_id, lecturer_id, planned_start_at, planned_end_at, low_latency,
                              rule_id, rule_version, created_by, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)",
        new.id,
        new.title,
        new.summary,
        new.unit_id,
        new.lecturer_id,
        new.planned_start_at,
        new.planned_end_at,
        new.low_latency,
        rule_id,
        rule_version,
        new.actor_id,
        new.at,
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    set_audience(&mut tx, new.id, &new.audience).await?;
    audit(&mut tx, &planned.audit).await?;
    tx.commit().await.map_err(failed)
}

pub(crate) async fn edit(
    store: &SqlStore,
    id: Uuid,
    edit: Edit,
    actor_id: Uuid,
    at: UtcMillis,
) -> StoreResult<EditOutcome> {
    let mut tx = store.begin().await?;
    let chosen = match edit.rule_id {
        Some(_) => standing(&mut tx, edit.rule_id).await?,
        None => None,
    };
    let edited = match lesson::edit(facts(&mut tx, id).await?, chosen, id, edit, actor_id, at) {
        Ok(edited) => edited,
        Err(outcome) => return Ok(outcome),
    };
    sqlx::query!(
        "UPDATE lessons SET title = $1, summary = $2, lecturer_id = $3, low_latency = $4, planned_start_at = $5,
                planned_end_at = $6, updated_at = $7, rule_id = $9, rule_version = $10
         WHERE id = $8",
        edited.plan.title,
        edited.plan.summary,
        edited.plan.lecturer_id,
        edited.plan.low_latency,
        edited.plan.planned_start_at,
        edited.plan.planned_end_at,
        at,
        id,
        edited.plan.rule.0,
        edited.plan.rule.1,
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    if let Some(units) = &edited.audience {
        set_audience(&mut tx, id, units).await?;
    }
    audit(&mut tx, &edited.audit).await?;
    tx.commit().await.map_err(failed)?;
    Ok(EditOutcome::Done)
}

async fn write_phase(on: &mut Connection, id: Uuid, changed: &PhaseChanged) -> StoreResult<()> {
    let phase = changed.phase.as_str();
    sqlx::query!(
        "UPDATE lessons SET phase = $1, started_at = $2, ended_at = $3, updated_at = $4 WHERE id = $5",
        phase,
        changed.started_at,
        changed.ended_at,
        changed.audit.at,
        id
    )
    .execute(&mut *on)
    .await
    .map_err(failed)?;
    audit(on, &changed.audit).await
}

pub(crate) async fn cancel(store: &SqlStore, cancel: Cancel) -> StoreResult<EditOutcome> {
    let mut tx = store.begin().await?;
    match phase::cancel(facts(&mut tx, cancel.lesson_id).await?, &cancel) {
        Ok(cancelled) => write_phase(&mut tx, cancel.lesson_id, &cancelled).await?,
        Err(outcome) => return Ok(outcome),
    }
    tx.commit().await.map_err(failed)?;
    Ok(EditOutcome::Done)
}

pub(crate) async fn phase(store: &SqlStore, change: PhaseChange) -> StoreResult<PhaseOutcome> {
    let mut tx = store.begin().await?;
    match phase::change(facts(&mut tx, change.lesson_id).await?, &change) {
        Ok(changed) => write_phase(&mut tx, change.lesson_id, &changed).await?,
        Err(outcome) => return Ok(outcome),
    }
    tx.commit().await.map_err(failed)?;
    Ok(PhaseOutcome::Done)
}

/// Sets the stream key, or takes it away.
pub(crate) async fn stream_key(
    store: &SqlStore,
    lesson_id: Uuid,
    key_hash: Option<&[u8; 32]>,
    actor_id: Option<Uuid>,
    at: UtcMillis,
) -> StoreResult<EditOutcome> {
    let mut tx = store.begin().await?;
    let key = key_hash.map(<[u8; 32]>::as_slice);
    let change = if key.is_some() { KeyChange::Replace } else { KeyChange::Revoke };
    let changed = match phase::key(facts(&mut tx, lesson_id).await?, lesson_id, change, actor_id, at) {
        Ok(changed) => changed,
        Err(outcome) => return Ok(outcome),
    };
    sqlx::query!(
        "UPDATE lessons SET stream_key_hash = $1, stream_key_version = $2, updated_at = $3 WHERE id = $4",
        key,
        changed.version,
        at,
        lesson_id
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    audit(&mut tx, &changed.audit).await?;
    tx.commit().await.map_err(failed)?;
    Ok(EditOutcome::Done)
}

pub(crate) async fn open_booth(
    store: &SqlStore,
    lesson_id: Uuid,
    actor_id: Option<Uuid>,
    at: UtcMillis,
) -> StoreResult<EditOutcome> {
    let mut tx = store.begin().await?;
    let before = facts(&mut tx, lesson_id).await?;
    let changed = match phase::key(before, lesson_id, KeyChange::OpenBooth, actor_id, at) {
        Ok(changed) => changed,
        Err(outcome) => return Ok(outcome),
    };
    sqlx::query!("UPDATE lessons SET stream_key_version = $1 WHERE id = $2", changed.version, lesson_id)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    audit(&mut tx, &changed.audit).await?;
    tx.commit().await.map_err(failed)?;
    Ok(EditOutcome::Done)
}
