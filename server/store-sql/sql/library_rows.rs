//! What changes of the library have in common.

use sqlx::Transaction;
use uuid::Uuid;
use yunke_store::{LibraryOutcome, StoreError, StoreResult};

use crate::db::{Connection, Db};
use crate::error::failed;

/// The library is another one from now on. Locks its row: whoever counts up waits for who does so already.
pub(super) async fn count_up(on: &mut Connection) -> StoreResult<()> {
    sqlx::query!("UPDATE library_revision SET revision = revision + 1 WHERE one = 1")
        .execute(on)
        .await
        .map_err(failed)?;
    Ok(())
}

/// Whether there is an episode.
pub(super) async fn is_episode(on: &mut Connection, id: Uuid) -> StoreResult<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM episodes WHERE id = $1) AS "is!: bool""#, id)
        .fetch_one(on)
        .await
        .map_err(failed)
}

/// Whether anybody ever opened it.
pub(super) async fn is_opened(on: &mut Connection, id: Uuid) -> StoreResult<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM leases WHERE item_id = $1) AS "opened!: bool""#, id)
        .fetch_one(on)
        .await
        .map_err(failed)
}

/// What a new episode of a series is credited by: the active version of the series' rule, a retired one too, or of the default.
pub(super) async fn rule_of(on: &mut Connection, series_id: Uuid) -> StoreResult<(Uuid, i64)> {
    let row = sqlx::query!(
        r#"SELECT r.rule_id AS "rule_id!: Uuid", r.active_version AS "version!: i64"
           FROM series s JOIN rule_standings r ON r.rule_id = s.rule_id OR (s.rule_id IS NULL AND r.is_default)
           WHERE s.id = $1"#,
        series_id
    )
    .fetch_optional(on)
    .await
    .map_err(failed)?;
    row.map(|row| (row.rule_id, row.version)).ok_or(StoreError::Dangling)
}

/// Takes an episode and what belongs to it away, unless anybody ever opened it.
pub(super) async fn take_away(tx: &mut Transaction<'static, Db>, id: Uuid) -> StoreResult<LibraryOutcome> {
    if is_opened(tx, id).await? {
        return Ok(LibraryOutcome::Heard);
    }
    if !is_episode(tx, id).await? {
        return Ok(LibraryOutcome::NotFound);
    }
    sqlx::query!("DELETE FROM episode_chapters WHERE episode_id = $1", id)
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
    sqlx::query!("DELETE FROM episode_transcripts WHERE episode_id = $1", id)
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
    sqlx::query!("DELETE FROM listening_queue WHERE episode_id = $1", id)
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
    sqlx::query!("DELETE FROM episode_versions WHERE episode_id = $1", id)
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
    sqlx::query!("DELETE FROM episodes WHERE id = $1", id).execute(&mut **tx).await.map_err(failed)?;
    sqlx::query!("DELETE FROM items WHERE id = $1", id).execute(&mut **tx).await.map_err(failed)?;
    Ok(LibraryOutcome::Done)
}
