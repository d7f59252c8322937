//! Short links to lessons.

use async_trait::async_trait;
use yunke_store::{NewShareCode, ShareStore, SharedCode, StoreResult, decide};

use super::operation::audit;
use crate::db::{Connection, SqlStore};
use crate::error::failed;

async fn insert(on: &mut Connection, new: &NewShareCode) -> StoreResult<()> {
    sqlx::query!(
        "INSERT INTO share_codes (code, lesson_id, created_by, created_at) VALUES ($1, $2, $3, $4)",
        new.code,
        new.lesson_id,
        new.actor_id,
        new.at,
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(())
}

#[async_trait]
impl ShareStore for SqlStore {
    async fn share_code(&self, new: NewShareCode) -> StoreResult<String> {
        let mut tx = self.begin().await?;
        let valid = sqlx::query_scalar!(
            "SELECT code FROM share_codes WHERE lesson_id = $1 AND revoked_at IS NULL",
            new.lesson_id
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed)?;
        let line = match decide::share::share(valid, &new) {
            Ok(line) => line,
            Err(code) => return Ok(code),
        };
        insert(&mut tx, &new).await?;
        audit(&mut tx, &line).await?;
        tx.commit().await.map_err(failed)?;
        Ok(new.code)
    }

    async fn renew_share_code(&self, new: NewShareCode) -> StoreResult<String> {
        let mut tx = self.begin().await?;
        sqlx::query!(
            "UPDATE share_codes SET revoked_at = $1, revoked_by = $2 WHERE lesson_id = $3 AND revoked_at IS NULL",
            new.at,
            new.actor_id,
            new.lesson_id,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        insert(&mut tx, &new).await?;
        audit(&mut tx, &decide::share::renew(&new)).await?;
        tx.commit().await.map_err(failed)?;
        Ok(new.code)
    }

    async fn shared(&self, code: &str) -> StoreResult<Option<SharedCode>> {
        let found = sqlx::query!("SELECT lesson_id, revoked_at FROM share_codes WHERE code = $1", code)
            .fetch_optional(&self.read())
            .await
            .map_err(failed)?;
        Ok(found.map(|row| match row.revoked_at {
            None => SharedCode::Lesson(row.lesson_id),
            Some(_) => SharedCode::Revoked,
        }))
    }
}
