//! Changes of series and speakers.

use serde_json::json;
use sqlx::Transaction;
use uuid::Uuid;
use yunke_store::{
    LibraryOutcome, NewSeries, Poster, SeriesCredit, SeriesEdit, Speaker, StoreResult, TextEnum as _,
    UtcMillis, decide::library as lines,
};

use super::{
    library_rows::{count_up, rule_of, take_away},
    operation::audit,
};
use crate::db::{Connection, Db, SqlStore};
use crate::error::{failed, word};

/// Whether there is a series.
async fn is_series(on: &mut Connection, id: Uuid) -> StoreResult<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM series WHERE id = $1) AS "is!: bool""#, id)
        .fetch_one(on)
        .await
        .map_err(failed)
}

/// Whether another credit would change what was earned already.
async fn changes_credit(on: &mut Connection, id: Uuid, credit: &str) -> StoreResult<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM series s JOIN episodes e ON e.series_id = s.id JOIN leases l ON l.item_id = e.id
                          WHERE s.id = $1 AND s.credit <> $2) AS "changes!: bool""#,
        id,
        credit
    )
    .fetch_one(on)
    .await
    .map_err(failed)
}

/// Episodes nobody has opened yet are credited as new ones of the series are; what somebody opened keeps its rule and version.
async fn move_unopened(on: &mut Connection, id: Uuid) -> StoreResult<()> {
    let (rule_id, version) = rule_of(on, id).await?;
    sqlx::query!(
        "UPDATE episodes SET rule_id = $2, rule_version = $3
         WHERE series_id = $1 AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.item_id = episodes.id)",
        id,
        rule_id,
        version
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn add_series(store: &SqlStore, new: NewSeries) -> StoreResult<()> {
    let credit = new.credit.as_str();
    let mut tx = store.begin().await?;
    count_up(&mut tx).await?;
    sqlx::query!(
        "INSERT INTO series (id, title, about, category, unit_id, public, credit, created_by, created_at, updated_at,
                             rule_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)",
        new.id,
        new.title,
        new.about,
        new.category,
        new.unit_id,
        new.public,
        credit,
        new.actor_id,
        new.at,
        new.rule_id,
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    audit(&mut tx, &lines::on_series(new.id, "series.add", new.actor_id, new.at, &json!({}))).await?;
    tx.commit().await.map_err(failed)
}

pub(super) async fn edit_series(
    store: &SqlStore,
    id: Uuid,
    edit: SeriesEdit,
    actor_id: Uuid,
    at: UtcMillis,
) -> StoreResult<LibraryOutcome> {
    let credit = edit.credit.map(SeriesCredit::as_str);
    let mut tx = store.begin().await?;
    count_up(&mut tx).await?;
    if let Some(credit) = credit
        && changes_credit(&mut tx, id, credit).await?
    {
        return Ok(LibraryOutcome::Heard);
    }
    let done = sqlx::query!(
        "UPDATE series SET title = coalesce($2, title), about = coalesce($3, about), category = coalesce($4, category),
                           public = coalesce($5, public), credit = coalesce($6, credit), updated_at = $7,
                           rule_id = CASE WHEN $8 THEN $9 ELSE rule_id END
         WHERE id = $1",
        id,
        edit.title,
        edit.about,
        edit.category,
        edit.public,
        credit,
        at,
        edit.rule_id.is_some(),
        edit.rule_id.flatten(),
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    if done.rows_affected() == 0 {
        return Ok(LibraryOutcome::NotFound);
    }
    if edit.rule_id.is_some() {
        move_unopened(&mut tx, id).await?;
    }
    audit(&mut tx, &lines::edit_series(id, &edit, actor_id, at)).await?;
    tx.commit().await.map_err(failed)?;
    Ok(LibraryOutcome::Done)
}

pub(super) async fn remove_series(
    store: &SqlStore,
    id: Uuid,
    actor_id: Uuid,
    at: UtcMillis,
) -> StoreResult<LibraryOutcome> {
    let mut tx = store.begin().await?;
    count_up(&mut tx).await?;
    if !is_series(&mut tx, id).await? {
        return Ok(LibraryOutcome::NotFound);
    }
    let episodes = sqlx::query_scalar!("SELECT id FROM episodes WHERE series_id = $1", id)
        .fetch_all(&mut *tx)
        .await
        .map_err(failed)?;
    for episode in episodes {
        if take_away(&mut tx, episode).await? == LibraryOutcome::Heard {
            return Ok(LibraryOutcome::Heard);
        }
    }
    forget_series(&mut tx, id).await?;
    audit(&mut tx, &lines::on_series(id, "series.remove", actor_id, at, &json!({}))).await?;
    tx.commit().await.map_err(failed)?;
    Ok(LibraryOutcome::Done)
}

async fn forget_series(tx: &mut Transaction<'static, Db>, id: Uuid) -> StoreResult<()> {
    sqlx::query!("DELETE FROM favourites WHERE series_id = $1", id)
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
    sqlx::query!("DELETE FROM series_covers WHERE series_id = $1", id)
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
    sqlx::query!("DELETE FROM series WHERE id = $1", id).execute(&mut **tx).await.map_err(failed)?;
    Ok(())
}

pub(super) async fn cover(store: &SqlStore, series_id: Uuid) -> StoreResult<Option<Poster>> {
    let row = sqlx::query!(
        r#"SELECT media_type, bytes AS "bytes: Vec<u8>" FROM series_covers WHERE series_id = $1"#,
        series_id
    )
    .fetch_optional(&store.read())
    .await
    .map_err(failed)?;
    row.map(|row| Ok(Poster { kind: word(&row.media_type)?, bytes: row.bytes })).transpose()
}

pub(super) async fn set_cover(
    store: &SqlStore,
    series_id: Uuid,
    cover: Option<Poster>,
    actor_id: Uuid,
    at: UtcMillis,
) -> StoreResult<()> {
    let mut tx = store.begin().await?;
    count_up(&mut tx).await?;
    let action = if cover.is_some() { "series.cover" } else { "series.cover_removed" };
    match cover {
        Some(Poster { kind, bytes }) => {
            let media_type = kind.as_str();
            sqlx::query!(
                "INSERT INTO series_covers (series_id, media_type, bytes, changed_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (series_id) DO UPDATE SET media_type = excluded.media_type, bytes = excluded.bytes,
                                                       changed_at = excluded.changed_at",
                series_id,
                media_type,
                bytes,
                at,
            )
            .execute(&mut *tx)
            .await
        }
        None => {
            sqlx::query!("DELETE FROM series_covers WHERE series_id = $1", series_id).execute(&mut *tx).await
        }
    }
    .map_err(failed)?;
    audit(&mut tx, &lines::on_series(series_id, action, actor_id, at, &json!({}))).await?;
    tx.commit().await.map_err(failed)
}

pub(super) async fn add_speaker(
    store: &SqlStore,
    speaker: Speaker,
    actor_id: Uuid,
    at: UtcMillis,
) -> StoreResult<()> {
    let mut tx = store.begin().await?;
    count_up(&mut tx).await?;
    sqlx::query!(
        "INSERT INTO speakers (id, name, about, created_by, created_at) VALUES ($1, $2, $3, $4, $5)",
        speaker.id,
        speaker.name,
        speaker.about,
        actor_id,
        at,
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    audit(&mut tx, &lines::on_speaker(speaker.id, "speaker.add", actor_id, at)).await?;
    tx.commit().await.map_err(failed)
}

pub(super) async fn edit_speaker(
    store: &SqlStore,
    speaker: Speaker,
    actor_id: Uuid,
    at: UtcMillis,
) -> StoreResult<LibraryOutcome> {
    let mut tx = store.begin().await?;
    count_up(&mut tx).await?;
    let done = sqlx::query!(
        "UPDATE speakers SET name = $2, about = $3 WHERE id = $1",
        speaker.id,
        speaker.name,
        speaker.about
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    if done.rows_affected() == 0 {
        return Ok(LibraryOutcome::NotFound);
    }
    audit(&mut tx, &lines::on_speaker(speaker.id, "speaker.edit", actor_id, at)).await?;
    tx.commit().await.map_err(failed)?;
    Ok(LibraryOutcome::Done)
}

pub(super) async fn remove_speaker(
    store: &SqlStore,
    id: Uuid,
    actor_id: Uuid,
    at: UtcMillis,
) -> StoreResult<LibraryOutcome> {
    let mut tx = store.begin().await?;
    count_up(&mut tx).await?;
    sqlx::query!("UPDATE episodes SET speaker_id = NULL, updated_at = $2 WHERE speaker_id = $1", id, at)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    let done =
        sqlx::query!("DELETE FROM speakers WHERE id = $1", id).execute(&mut *tx).await.map_err(failed)?;
    if done.rows_affected() == 0 {
        return Ok(LibraryOutcome::NotFound);
    }
    audit(&mut tx, &lines::on_speaker(id, "speaker.remove", actor_id, at)).await?;
    tx.commit().await.map_err(failed)?;
    Ok(LibraryOutcome::Done)
}
