//! Sessions, by the hash of their token.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_store::{Session, SessionStore, StoreResult, User, UtcMillis};

use super::{json, leases, user};
use crate::db::SqlStore;
use crate::error::{failed, hash};

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[async_trait]
impl SessionStore for SqlStore {
    async fn open_session(&self, session: Session) -> StoreResult<()> {
        let token_hash = session.token_hash.as_slice();
        sqlx::query!(
            "INSERT INTO sessions (token_hash, user_id, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
            token_hash,
            session.user_id,
            session.created_at,
            session.seen_at,
            session.expires_at,
        )
        .execute(&self.write())
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn session(&self, token_hash: &[u8; 32], now: UtcMillis) -> StoreResult<Option<(Session, User)>> {
        let key = token_hash.as_slice();
        let row = sqlx::query!(
            r#"SELECT token_hash AS "token_hash: Vec<u8>", user_id, created_at, seen_at, expires_at
               FROM sessions WHERE token_hash = $1 AND expires_at > $2"#,
            key,
            now,
        )
        .fetch_optional(&self.read())
        .await
        .map_err(failed)?;
        let Some(row) = row else { return Ok(None) };
        let session = Session {
            token_hash: hash(&row.token_hash)?,
            user_id: row.user_id,
            created_at: row.created_at,
            seen_at: row.seen_at,
            expires_at: row.expires_at,
        };
        Ok(user::load(&self.read(), row.user_id, now).await?.map(|user| (session, user)))
    }

    async fn live_sessions(&self, token_hashes: &[[u8; 32]], now: UtcMillis) -> StoreResult<Vec<[u8; 32]>> {
        let list: Vec<String> = token_hashes.iter().map(|hash| hex(hash)).collect();
        let list = json(&list);
        let rows = sqlx::query_scalar!(
            r#"SELECT s.token_hash AS "token_hash: Vec<u8>"
               FROM json_each($1) AS wanted JOIN sessions s ON s.token_hash = unhex(wanted.value)
               JOIN users u ON u.id = s.user_id
               WHERE s.expires_at > $2 AND u.disabled_at IS NULL"#,
            list,
            now,
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)?;
        rows.iter().map(|row| hash(row)).collect()
    }

    async fn extend_session(
        &self,
        token_hash: &[u8; 32],
        seen_at: UtcMillis,
        expires_at: UtcMillis,
    ) -> StoreResult<()> {
        let key = token_hash.as_slice();
        sqlx::query!(
            "UPDATE sessions SET seen_at = $1, expires_at = $2 WHERE token_hash = $3",
            seen_at,
            expires_at,
            key
        )
        .execute(&self.write())
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn close_session(&self, token_hash: &[u8; 32]) -> StoreResult<()> {
        let key = token_hash.as_slice();
        sqlx::query!("DELETE FROM sessions WHERE token_hash = $1", key)
            .execute(&self.write())
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn close_sessions(&self, user_id: Uuid, at: UtcMillis) -> StoreResult<u64> {
        let mut tx = self.begin().await?;
        let done = sqlx::query!("DELETE FROM sessions WHERE user_id = $1", user_id)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        leases::revoke(&mut tx, user_id, at).await?;
        tx.commit().await.map_err(failed)?;
        Ok(done.rows_affected())
    }

    async fn sweep_sessions(&self, now: UtcMillis) -> StoreResult<u64> {
        let done = sqlx::query!("DELETE FROM sessions WHERE expires_at <= $1", now)
            .execute(&self.write())
            .await
            .map_err(failed)?;
        sqlx::query!("DELETE FROM revoked_leases WHERE expires_at <= $1", now)
            .execute(&self.write())
            .await
            .map_err(failed)?;
        Ok(done.rows_affected())
    }
}
