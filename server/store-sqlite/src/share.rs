//! Short links to lessons.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_store::{NewShareCode, ShareStore, StoreResult};

use crate::{SqliteStore, error::failed, lesson_change::note};

#[async_trait]
impl ShareStore for SqliteStore {
    async fn share_code(&self, new: NewShareCode) -> StoreResult<String> {
        let mut tx = self.begin().await?;
        let known = sqlx::query_scalar!("SELECT code FROM share_codes WHERE lesson_id = ?", new.lesson_id)
            .fetch_optional(&mut *tx)
            .await
            .map_err(failed)?;
        if let Some(code) = known {
            return Ok(code);
        }
        sqlx::query!(
            "INSERT INTO share_codes (code, lesson_id, created_by, created_at) VALUES (?, ?, ?, ?)",
            new.code,
            new.lesson_id,
            new.actor_id,
            new.at,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        note(&mut tx, new.lesson_id, "lesson.share", Some(new.actor_id), new.at, serde_json::json!({}))
            .await?;
        tx.commit().await.map_err(failed)?;
        Ok(new.code)
    }

    async fn shared_lesson(&self, code: &str) -> StoreResult<Option<Uuid>> {
        sqlx::query_scalar!("SELECT lesson_id FROM share_codes WHERE code = ?", code)
            .fetch_optional(&self.read)
            .await
            .map_err(failed)
    }
}
