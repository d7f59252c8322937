//! Runs, the audit log, and the database's own health.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use uuid::Uuid;
use yunke_store::{AuditEntry, OperationStore, Page, ServerRun, StoreResult, UtcMillis};

use crate::{SqliteStore, error::failed};

pub(crate) async fn audit(on: &mut SqliteConnection, entry: &AuditEntry) -> StoreResult<()> {
    sqlx::query!(
        "INSERT INTO audit_log (at, actor_id, action, subject_kind, subject_id, detail) VALUES (?, ?, ?, ?, ?, ?)",
        entry.at,
        entry.actor_id,
        entry.action,
        entry.subject_kind,
        entry.subject_id,
        entry.detail,
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(())
}

#[async_trait]
impl OperationStore for SqliteStore {
    async fn begin_run(&self, id: Uuid, at: UtcMillis) -> StoreResult<()> {
        sqlx::query!("INSERT INTO server_runs (id, started_at, last_alive_at) VALUES (?, ?, ?)", id, at, at)
            .execute(&self.write)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn keep_run(&self, id: Uuid, at: UtcMillis) -> StoreResult<()> {
        sqlx::query!("UPDATE server_runs SET last_alive_at = max(last_alive_at, ?) WHERE id = ?", at, id)
            .execute(&self.write)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn end_run(&self, id: Uuid, at: UtcMillis) -> StoreResult<()> {
        sqlx::query!(
            "UPDATE server_runs SET last_alive_at = max(last_alive_at, ?), stopped_at = ? WHERE id = ?",
            at,
            at,
            id
        )
        .execute(&self.write)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn runs(&self, from: UtcMillis, until: UtcMillis) -> StoreResult<Vec<ServerRun>> {
        sqlx::query_as!(
            ServerRun,
            "SELECT id, started_at, last_alive_at, stopped_at FROM server_runs
             WHERE started_at < ? AND last_alive_at >= ? ORDER BY started_at, id",
            until,
            from,
        )
        .fetch_all(&self.read)
        .await
        .map_err(failed)
    }

    async fn audit(&self, entry: AuditEntry) -> StoreResult<()> {
        let mut connection = self.write.acquire().await.map_err(failed)?;
        audit(&mut connection, &entry).await
    }

    async fn audit_of(&self, subject_id: Uuid, page: Page) -> StoreResult<Vec<AuditEntry>> {
        sqlx::query_as!(
            AuditEntry,
            "SELECT at, actor_id, action, subject_kind, subject_id, detail FROM audit_log
             WHERE subject_id = ? ORDER BY id LIMIT ? OFFSET ?",
            subject_id,
            page.limit,
            page.offset,
        )
        .fetch_all(&self.read)
        .await
        .map_err(failed)
    }

    async fn check(&self) -> StoreResult<()> {
        // Nothing changes, but a lock is taken: a full disk or a stuck writer shows.
        let tx = self.begin().await?;
        tx.rollback().await.map_err(failed)
    }

    async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}
