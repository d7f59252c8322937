//! Changes of episodes and of the files they are made of.

use serde_json::json;
use sqlx::Transaction;
use uuid::Uuid;
use yunke_store::{
    EpisodeChapter, EpisodeEdit, LibraryOutcome, NewVersion, Settled, StoreResult, UtcMillis, VersionOf,
    decide::library as lines,
};

use super::{
    library_rows::{count_up, is_episode, is_opened, rule_of, take_away},
    operation::audit,
};
use crate::db::{Connection, Db, SqlStore};
use crate::error::failed;

async fn last_place(on: &mut Connection, series_id: Uuid) -> StoreResult<i64> {
    sqlx::query_scalar!(
        r#"SELECT coalesce(max(place), 0) AS "place!: i64" FROM episodes WHERE series_id = $1"#,
        series_id
    )
    .fetch_one(on)
    .await
    .map_err(failed)
}

/// A new episode at the end of its series, with the active version of its rule.
async fn add_episode(
    tx: &mut Transaction<'static, Db>,
    new: &NewVersion,
    series_id: Uuid,
    number: Option<i64>,
    title: &str,
) -> StoreResult<()> {
    let place = last_place(tx, series_id).await? + 1;
    let (rule_id, rule_version) = rule_of(tx, series_id).await?;
    sqlx::query!("INSERT INTO items (id, kind) VALUES ($1, 'episode')", new.episode_id)
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
    sqlx::query!(
        "INSERT INTO episodes (id, series_id, place, number, title, about, rule_id, rule_version, created_by, created_at,
                               updated_at)
         VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8, $9, $9)",
        new.episode_id,
        series_id,
        place,
        number,
        title,
        rule_id,
        rule_version,
        new.actor_id,
        new.at,
    )
    .execute(&mut **tx)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn add_version(store: &SqlStore, new: NewVersion) -> StoreResult<LibraryOutcome> {
    let mut tx = store.begin().await?;
    count_up(&mut tx).await?;
    match &new.of {
        VersionOf::New { series_id, number, title } => {
            add_episode(&mut tx, &new, *series_id, *number, title).await?;
        }
        VersionOf::Known if is_episode(&mut tx, new.episode_id).await? => {}
        VersionOf::Known => return Ok(LibraryOutcome::NotFound),
    }
    sqlx::query!(
        "INSERT INTO episode_versions (id, episode_id, file_name, bytes, state, created_by, created_at)
         VALUES ($1, $2, $3, $4, 'pending', $5, $6)",
        new.id,
        new.episode_id,
        new.file_name,
        new.bytes,
        new.actor_id,
        new.at,
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    audit(&mut tx, &lines::add_version(&new)).await?;
    tx.commit().await.map_err(failed)?;
    Ok(LibraryOutcome::Done)
}

pub(super) async fn pending(store: &SqlStore, limit: i64) -> StoreResult<Vec<Uuid>> {
    sqlx::query_scalar!(
        "SELECT id FROM episode_versions WHERE state = 'pending' ORDER BY created_at, id LIMIT $1",
        limit
    )
    .fetch_all(&store.read())
    .await
    .map_err(failed)
}

pub(super) async fn settle(
    store: &SqlStore,
    id: Uuid,
    settled: Settled,
    at: UtcMillis,
) -> StoreResult<LibraryOutcome> {
    let (state, code, length_ms, facts) = match settled {
        Settled::Ready { length_ms, facts, note } => ("ready", note, Some(length_ms), Some(facts)),
        Settled::Failed { code } => ("failed", Some(code), None, None),
    };
    let mut tx = store.begin().await?;
    count_up(&mut tx).await?;
    let done = sqlx::query!(
        "UPDATE episode_versions SET state = $2, code = $3, length_ms = $4, facts = $5, settled_at = $6
         WHERE id = $1 AND state = 'pending'",
        id,
        state,
        code,
        length_ms,
        facts,
        at,
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    if done.rows_affected() == 0 {
        return Ok(LibraryOutcome::NotFound);
    }
    tx.commit().await.map_err(failed)?;
    Ok(LibraryOutcome::Done)
}

pub(super) async fn retry(
    store: &SqlStore,
    id: Uuid,
    actor_id: Uuid,
    at: UtcMillis,
) -> StoreResult<LibraryOutcome> {
    let mut tx = store.begin().await?;
    count_up(&mut tx).await?;
    let episode = sqlx::query_scalar!(
        "UPDATE episode_versions SET state = 'pending', code = NULL, settled_at = NULL
         WHERE id = $1 AND state = 'failed' RETURNING episode_id",
        id
    )
    .fetch_optional(&mut *tx)
    .await
    .map_err(failed)?;
    let Some(episode) = episode else { return Ok(LibraryOutcome::NotFound) };
    audit(&mut tx, &lines::on_episode(episode, "episode.retry", actor_id, at, &json!({ "version": id })))
        .await?;
    tx.commit().await.map_err(failed)?;
    Ok(LibraryOutcome::Done)
}

/// Whether an episode would earn something else in another series.
async fn earns_otherwise(on: &mut Connection, id: Uuid, series_id: Uuid) -> StoreResult<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM episodes e JOIN series now ON now.id = e.series_id, series other
                          WHERE e.id = $1 AND other.id = $2 AND other.credit <> now.credit) AS "otherwise!: bool""#,
        id,
        series_id
    )
    .fetch_one(on)
    .await
    .map_err(failed)
}

pub(super) async fn edit(
    store: &SqlStore,
    id: Uuid,
    edit: EpisodeEdit,
    actor_id: Uuid,
    at: UtcMillis,
) -> StoreResult<LibraryOutcome> {
    let mut tx = store.begin().await?;
    count_up(&mut tx).await?;
    if !is_episode(&mut tx, id).await? {
        return Ok(LibraryOutcome::NotFound);
    }
    let (sets_number, number) = (edit.number.is_some(), edit.number.flatten());
    let (sets_speaker, speaker_id) = (edit.speaker_id.is_some(), edit.speaker_id.flatten());
    let (sets_publish, publish_at) = (edit.publish_at.is_some(), edit.publish_at.flatten());
    let (sets_withdrawn, withdrawn_at) =
        (edit.withdrawn.is_some(), edit.withdrawn.unwrap_or(false).then_some(at));
    sqlx::query!(
        "UPDATE episodes SET title = coalesce($2, title), about = coalesce($3, about),
                             number = CASE WHEN $4 THEN $5 ELSE number END,
                             speaker_id = CASE WHEN $6 THEN $7 ELSE speaker_id END,
                             publish_at = CASE WHEN $8 THEN $9 ELSE publish_at END,
                             withdrawn_at = CASE WHEN NOT $10 THEN withdrawn_at
                                                 WHEN CAST($11 AS BIGINT) IS NULL THEN NULL
                                                 ELSE coalesce(withdrawn_at, $11) END,
                             updated_at = $12
         WHERE id = $1",
        id,
        edit.title,
        edit.about,
        sets_number,
        number,
        sets_speaker,
        speaker_id,
        sets_publish,
        publish_at,
        sets_withdrawn,
        withdrawn_at,
        at,
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    if let Some(series_id) = edit.series_id {
        if earns_otherwise(&mut tx, id, series_id).await? && is_opened(&mut tx, id).await? {
            return Ok(LibraryOutcome::Heard);
        }
        let place = last_place(&mut tx, series_id).await? + 1;
        sqlx::query!(
            "UPDATE episodes SET series_id = $2, place = $3 WHERE id = $1 AND series_id <> $2",
            id,
            series_id,
            place
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    }
    audit(&mut tx, &lines::edit_episode(id, &edit, actor_id, at)).await?;
    tx.commit().await.map_err(failed)?;
    Ok(LibraryOutcome::Done)
}

pub(super) async fn publish(
    store: &SqlStore,
    episodes: &[Uuid],
    publish_at: UtcMillis,
    actor_id: Uuid,
    at: UtcMillis,
) -> StoreResult<LibraryOutcome> {
    let mut tx = store.begin().await?;
    count_up(&mut tx).await?;
    for id in episodes {
        let done = sqlx::query!(
            "UPDATE episodes SET publish_at = $2, withdrawn_at = NULL, updated_at = $3 WHERE id = $1",
            id,
            publish_at,
            at
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        if done.rows_affected() == 0 {
            return Ok(LibraryOutcome::NotFound);
        }
        let edit = EpisodeEdit {
            publish_at: Some(Some(publish_at)),
            withdrawn: Some(false),
            ..EpisodeEdit::default()
        };
        audit(&mut tx, &lines::edit_episode(*id, &edit, actor_id, at)).await?;
    }
    tx.commit().await.map_err(failed)?;
    Ok(LibraryOutcome::Done)
}

pub(super) async fn order(
    store: &SqlStore,
    series_id: Uuid,
    episodes: &[Uuid],
    actor_id: Uuid,
    at: UtcMillis,
) -> StoreResult<()> {
    let mut tx = store.begin().await?;
    count_up(&mut tx).await?;
    let count = i64::try_from(episodes.len()).unwrap_or(i64::MAX);
    sqlx::query!("UPDATE episodes SET place = place + $2 WHERE series_id = $1", series_id, count)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    for (place, id) in (1_i64..).zip(episodes) {
        sqlx::query!("UPDATE episodes SET place = $3 WHERE id = $1 AND series_id = $2", id, series_id, place)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
    }
    audit(&mut tx, &lines::on_series(series_id, "series.order", actor_id, at, &json!({}))).await?;
    tx.commit().await.map_err(failed)
}

pub(super) async fn remove(
    store: &SqlStore,
    id: Uuid,
    actor_id: Uuid,
    at: UtcMillis,
) -> StoreResult<LibraryOutcome> {
    let mut tx = store.begin().await?;
    count_up(&mut tx).await?;
    let outcome = take_away(&mut tx, id).await?;
    if outcome == LibraryOutcome::Done {
        audit(&mut tx, &lines::on_episode(id, "episode.remove", actor_id, at, &json!({}))).await?;
        tx.commit().await.map_err(failed)?;
    }
    Ok(outcome)
}

pub(super) async fn set_chapters(
    store: &SqlStore,
    episode_id: Uuid,
    chapters: Vec<EpisodeChapter>,
    actor_id: Uuid,
    at: UtcMillis,
) -> StoreResult<()> {
    let mut tx = store.begin().await?;
    count_up(&mut tx).await?;
    sqlx::query!("DELETE FROM episode_chapters WHERE episode_id = $1", episode_id)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    for chapter in chapters {
        sqlx::query!(
            "INSERT INTO episode_chapters (episode_id, at_ms, title) VALUES ($1, $2, $3)",
            episode_id,
            chapter.at_ms,
            chapter.title
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    }
    audit(&mut tx, &lines::on_episode(episode_id, "episode.chapters", actor_id, at, &json!({}))).await?;
    tx.commit().await.map_err(failed)
}

pub(super) async fn set_transcript(
    store: &SqlStore,
    episode_id: Uuid,
    cues: Option<String>,
    actor_id: Uuid,
    at: UtcMillis,
) -> StoreResult<()> {
    let mut tx = store.begin().await?;
    count_up(&mut tx).await?;
    let action = if cues.is_some() { "episode.transcript" } else { "episode.transcript_removed" };
    match cues {
        Some(cues) => {
            sqlx::query!(
                "INSERT INTO episode_transcripts (episode_id, cues, changed_at) VALUES ($1, $2, $3)
                 ON CONFLICT (episode_id) DO UPDATE SET cues = excluded.cues, changed_at = excluded.changed_at",
                episode_id,
                cues,
                at,
            )
            .execute(&mut *tx)
            .await
        }
        None => {
            sqlx::query!("DELETE FROM episode_transcripts WHERE episode_id = $1", episode_id)
                .execute(&mut *tx)
                .await
        }
    }
    .map_err(failed)?;
    audit(&mut tx, &lines::on_episode(episode_id, action, actor_id, at, &json!({}))).await?;
    tx.commit().await.map_err(failed)
}
