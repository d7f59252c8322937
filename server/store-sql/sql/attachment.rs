//! What is attached to a replay: captions and the poster.

use uuid::Uuid;
use yunke_store::{
    CaptionLanguage, CaptionsInfo, NewCaptions, Poster, StoreResult, TextEnum as _, UtcMillis, decide,
};

use super::operation::audit;
use crate::db::SqlStore;
use crate::error::{failed, word};

pub(crate) async fn captions(store: &SqlStore, lesson_id: Uuid) -> StoreResult<Vec<CaptionsInfo>> {
    let rows =
        sqlx::query!("SELECT language, cues, changed_at FROM captions WHERE lesson_id = $1", lesson_id)
            .fetch_all(&store.read())
            .await
            .map_err(failed)?;
    let info =
        |language: &str, cues, changed_at| Ok(CaptionsInfo { language: word(language)?, cues, changed_at });
    let mut all: Vec<CaptionsInfo> = rows
        .into_iter()
        .map(|row| info(&row.language, row.cues, row.changed_at))
        .collect::<StoreResult<_>>()?;
    all.sort_by_key(|captions| captions.language);
    Ok(all)
}

pub(crate) async fn captions_text(
    store: &SqlStore,
    lesson_id: Uuid,
    language: CaptionLanguage,
) -> StoreResult<Option<String>> {
    let language = language.as_str();
    sqlx::query_scalar!(
        "SELECT vtt FROM captions WHERE lesson_id = $1 AND language = $2",
        lesson_id,
        language
    )
    .fetch_optional(&store.read())
    .await
    .map_err(failed)
}

pub(crate) async fn set_captions(store: &SqlStore, new: NewCaptions) -> StoreResult<()> {
    let language = new.language.as_str();
    let mut tx = store.begin().await?;
    sqlx::query!(
        "INSERT INTO captions (lesson_id, language, vtt, cues, changed_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (lesson_id, language)
         DO UPDATE SET vtt = excluded.vtt, cues = excluded.cues, changed_at = excluded.changed_at",
        new.lesson_id,
        language,
        new.vtt,
        new.cues,
        new.at
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    audit(&mut tx, &decide::replay::set_captions(&new)).await?;
    tx.commit().await.map_err(failed)
}

pub(crate) async fn remove_captions(
    store: &SqlStore,
    lesson_id: Uuid,
    language: CaptionLanguage,
    actor_id: Uuid,
    at: UtcMillis,
) -> StoreResult<bool> {
    let word = language.as_str();
    let mut tx = store.begin().await?;
    let done = sqlx::query!("DELETE FROM captions WHERE lesson_id = $1 AND language = $2", lesson_id, word)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    audit(&mut tx, &decide::replay::remove_captions(lesson_id, language, actor_id, at)).await?;
    tx.commit().await.map_err(failed)?;
    Ok(true)
}

pub(crate) async fn poster(store: &SqlStore, lesson_id: Uuid) -> StoreResult<Option<Poster>> {
    let row = sqlx::query!(
        r#"SELECT media_type, bytes AS "bytes: Vec<u8>" FROM posters WHERE lesson_id = $1"#,
        lesson_id
    )
    .fetch_optional(&store.read())
    .await
    .map_err(failed)?;
    row.map(|row| Ok(Poster { kind: word(&row.media_type)?, bytes: row.bytes })).transpose()
}

pub(crate) async fn set_poster(
    store: &SqlStore,
    lesson_id: Uuid,
    poster: Option<Poster>,
    actor_id: Uuid,
    at: UtcMillis,
) -> StoreResult<()> {
    let mut tx = store.begin().await?;
    let line = decide::replay::set_poster(lesson_id, poster.as_ref(), actor_id, at);
    if let Some(Poster { kind, bytes }) = poster {
        let kind = kind.as_str();
        sqlx::query!(
            "INSERT INTO posters (lesson_id, media_type, bytes, changed_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (lesson_id)
             DO UPDATE SET media_type = excluded.media_type, bytes = excluded.bytes, changed_at = excluded.changed_at",
            lesson_id,
            kind,
            bytes,
            at
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    } else {
        sqlx::query!("DELETE FROM posters WHERE lesson_id = $1", lesson_id)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
    }
    audit(&mut tx, &line).await?;
    tx.commit().await.map_err(failed)
}
