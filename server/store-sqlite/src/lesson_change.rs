//! Lessons, changed. Every change writes its line of the audit log in the same transaction.

use sqlx::SqliteConnection;
use uuid::Uuid;
use yunke_store::{
    Cancel, DEFAULT_RULE, Edit, EditOutcome, ItemKind, LessonPhase, NewLesson, PhaseChange, PhaseOutcome,
    Rule, StoreResult, TextEnum as _, UtcMillis,
};

use crate::{
    SqliteStore,
    error::{failed, word},
    operation,
};

pub(crate) async fn note(
    on: &mut SqliteConnection,
    lesson_id: Uuid,
    action: &str,
    actor_id: Option<Uuid>,
    at: UtcMillis,
    detail: serde_json::Value,
) -> StoreResult<()> {
    operation::note(on, ("lesson", lesson_id), action, actor_id, at, detail).await
}

async fn phase_of(on: &mut SqliteConnection, id: Uuid) -> StoreResult<Option<LessonPhase>> {
    sqlx::query_scalar!("SELECT phase FROM lessons WHERE id = ?", id)
        .fetch_optional(on)
        .await
        .map_err(failed)?
        .map(|text| word(&text))
        .transpose()
}

async fn set_audience(on: &mut SqliteConnection, lesson_id: Uuid, units: &[Uuid]) -> StoreResult<()> {
    sqlx::query!("DELETE FROM lesson_audience WHERE lesson_id = ?", lesson_id)
        .execute(&mut *on)
        .await
        .map_err(failed)?;
    for unit_id in units {
        sqlx::query!(
            "INSERT INTO lesson_audience (lesson_id, unit_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
            lesson_id,
            unit_id
        )
        .execute(&mut *on)
        .await
        .map_err(failed)?;
    }
    Ok(())
}

pub(crate) async fn plan(store: &SqliteStore, lesson: NewLesson) -> StoreResult<()> {
    let mut tx = store.begin().await?;
    let kind = ItemKind::Lesson.as_str();
    sqlx::query!("INSERT INTO items (id, kind) VALUES ($1, $2)", lesson.id, kind)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    sqlx::query!(
        "INSERT INTO lessons (id, title, summary, unit_id, lecturer_id, planned_start_at, planned_end_at,
                              low_latency, rule_id, rule_version, created_by, created_at, updated_at)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?11, r.id, max(r.version), ?8, ?9, ?9
         FROM credit_rules r WHERE r.id = ?10",
        lesson.id,
        lesson.title,
        lesson.summary,
        lesson.unit_id,
        lesson.lecturer_id,
        lesson.planned_start_at,
        lesson.planned_end_at,
        lesson.actor_id,
        lesson.at,
        DEFAULT_RULE,
        lesson.low_latency,
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    set_audience(&mut tx, lesson.id, &lesson.audience).await?;
    let detail = serde_json::json!({ "title": lesson.title, "planned_start_at": lesson.planned_start_at });
    note(&mut tx, lesson.id, "lesson.plan", Some(lesson.actor_id), lesson.at, detail).await?;
    tx.commit().await.map_err(failed)
}

pub(crate) async fn edit(
    store: &SqliteStore,
    id: Uuid,
    edit: Edit,
    actor_id: Uuid,
    at: UtcMillis,
) -> StoreResult<EditOutcome> {
    let mut tx = store.begin().await?;
    let row = sqlx::query!("SELECT phase, planned_start_at, planned_end_at FROM lessons WHERE id = ?", id)
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed)?;
    let Some(row) = row else { return Ok(EditOutcome::NotFound) };
    let phase: LessonPhase = word(&row.phase)?;
    let moves_start = edit.planned_start_at.is_some_and(|start| start != row.planned_start_at);
    let allowed = match phase {
        LessonPhase::Planned => true,
        LessonPhase::Live => !moves_start && edit.lecturer_id.is_none(),
        LessonPhase::Ended | LessonPhase::Cancelled => false,
    };
    if !allowed {
        return Ok(EditOutcome::WrongPhase(phase));
    }
    let starts = edit.planned_start_at.unwrap_or(row.planned_start_at);
    let ends = edit.planned_end_at.unwrap_or(row.planned_end_at);
    if ends <= starts {
        return Ok(EditOutcome::TimesReversed);
    }
    sqlx::query!(
        "UPDATE lessons SET title = coalesce(?, title), summary = coalesce(?, summary),
                lecturer_id = coalesce(?, lecturer_id), low_latency = coalesce(?, low_latency),
                planned_start_at = ?, planned_end_at = ?, updated_at = ?
         WHERE id = ?",
        edit.title,
        edit.summary,
        edit.lecturer_id,
        edit.low_latency,
        starts,
        ends,
        at,
        id
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    if let Some(units) = &edit.audience {
        set_audience(&mut tx, id, units).await?;
    }
    let detail = serde_json::json!({
        "title": edit.title, "lecturer_id": edit.lecturer_id, "audience": edit.audience,
        "planned_start_at": edit.planned_start_at, "planned_end_at": edit.planned_end_at, "low_latency": edit.low_latency,
    });
    note(&mut tx, id, "lesson.edit", Some(actor_id), at, detail).await?;
    tx.commit().await.map_err(failed)?;
    Ok(EditOutcome::Done)
}

pub(crate) async fn cancel(store: &SqliteStore, cancel: Cancel) -> StoreResult<EditOutcome> {
    let mut tx = store.begin().await?;
    match phase_of(&mut tx, cancel.lesson_id).await? {
        None => return Ok(EditOutcome::NotFound),
        Some(LessonPhase::Planned) => {}
        Some(other) => return Ok(EditOutcome::WrongPhase(other)),
    }
    sqlx::query!(
        "UPDATE lessons SET phase = 'cancelled', updated_at = ? WHERE id = ?",
        cancel.at,
        cancel.lesson_id
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    let nothing = serde_json::json!({});
    note(&mut tx, cancel.lesson_id, "lesson.cancel", Some(cancel.actor_id), cancel.at, nothing).await?;
    tx.commit().await.map_err(failed)?;
    Ok(EditOutcome::Done)
}

pub(crate) async fn phase(store: &SqliteStore, change: PhaseChange) -> StoreResult<PhaseOutcome> {
    let mut tx = store.begin().await?;
    let Some(now) = phase_of(&mut tx, change.lesson_id).await? else { return Ok(PhaseOutcome::NotFound) };
    let action = match (now, change.to) {
        (LessonPhase::Planned, LessonPhase::Live) => {
            sqlx::query!(
                "UPDATE lessons SET phase = 'live', started_at = ?1, updated_at = ?1 WHERE id = ?2",
                change.at,
                change.lesson_id
            )
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
            "lesson.start"
        }
        (LessonPhase::Live, LessonPhase::Ended) => {
            sqlx::query!(
                "UPDATE lessons SET phase = 'ended', ended_at = ?1, updated_at = ?1 WHERE id = ?2",
                change.at,
                change.lesson_id
            )
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
            "lesson.end"
        }
        (now, to) if now == to => return Ok(PhaseOutcome::Already),
        (other, _) => return Ok(PhaseOutcome::WrongPhase(other)),
    };
    note(&mut tx, change.lesson_id, action, change.actor_id, change.at, serde_json::json!({})).await?;
    tx.commit().await.map_err(failed)?;
    Ok(PhaseOutcome::Done)
}

/// Sets the stream key, or takes it away.
pub(crate) async fn stream_key(
    store: &SqliteStore,
    lesson_id: Uuid,
    key_hash: Option<&[u8; 32]>,
    actor_id: Option<Uuid>,
    at: UtcMillis,
) -> StoreResult<EditOutcome> {
    let mut tx = store.begin().await?;
    match phase_of(&mut tx, lesson_id).await? {
        None => return Ok(EditOutcome::NotFound),
        Some(LessonPhase::Planned | LessonPhase::Live) => {}
        Some(other) => return Ok(EditOutcome::WrongPhase(other)),
    }
    let key = key_hash.map(<[u8; 32]>::as_slice);
    let action = if key.is_some() { "lesson.stream_key" } else { "lesson.stream_key_revoke" };
    sqlx::query!(
        "UPDATE lessons SET stream_key_hash = ?, stream_key_version = stream_key_version + 1, updated_at = ?
         WHERE id = ?",
        key,
        at,
        lesson_id
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    note(&mut tx, lesson_id, action, actor_id, at, serde_json::json!({})).await?;
    tx.commit().await.map_err(failed)?;
    Ok(EditOutcome::Done)
}

pub(crate) async fn open_booth(
    store: &SqliteStore,
    lesson_id: Uuid,
    actor_id: Option<Uuid>,
    at: UtcMillis,
) -> StoreResult<EditOutcome> {
    let mut tx = store.begin().await?;
    match phase_of(&mut tx, lesson_id).await? {
        None => return Ok(EditOutcome::NotFound),
        Some(LessonPhase::Planned | LessonPhase::Live) => {}
        Some(other) => return Ok(EditOutcome::WrongPhase(other)),
    }
    sqlx::query!(
        "UPDATE lessons SET stream_key_version = max(stream_key_version, 1) WHERE id = ?",
        lesson_id
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    note(&mut tx, lesson_id, "lesson.booth", actor_id, at, serde_json::json!({})).await?;
    tx.commit().await.map_err(failed)?;
    Ok(EditOutcome::Done)
}

pub(crate) async fn add_rule(store: &SqliteStore, rule: &Rule, at: UtcMillis) -> StoreResult<()> {
    sqlx::query!(
        "INSERT INTO credit_rules (id, version, name, full_percent, half_percent, max_rate_milli, receipt_gap_ms,
            hidden_sound_gap_ms, allowance_ms, edge_slack_ms, long_ms, long_hours_milli, medium_ms, medium_hours_milli,
            short_hours_milli, hidden_video_counts, uncorroborated_counts, delivery_slack_ms, checks_required, make_up_ms,
            created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rule.id,
        rule.version,
        rule.name,
        rule.full_percent,
        rule.half_percent,
        rule.max_rate_milli,
        rule.receipt_gap_ms,
        rule.hidden_sound_gap_ms,
        rule.allowance_ms,
        rule.edge_slack_ms,
        rule.long_ms,
        rule.long_hours_milli,
        rule.medium_ms,
        rule.medium_hours_milli,
        rule.short_hours_milli,
        rule.hidden_video_counts,
        rule.uncorroborated_counts,
        rule.delivery_slack_ms,
        rule.checks_required,
        rule.make_up_ms,
        at,
    )
    .execute(&store.write)
    .await
    .map_err(failed)?;
    Ok(())
}
