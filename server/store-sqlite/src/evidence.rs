//! Leases and beats.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_store::{EvidenceStore, LeaseRow, StoreResult, TextEnum as _};

use crate::{
    SqliteStore,
    error::{failed, word},
};

#[async_trait]
impl EvidenceStore for SqliteStore {
    async fn issue_lease(&self, lease: LeaseRow) -> StoreResult<()> {
        let (purpose, device) = (lease.purpose.as_str(), lease.device.as_str());
        sqlx::query!(
            "INSERT INTO leases (id, lesson_id, user_id, branch_id, purpose, device, issued_at, expires_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            lease.id,
            lease.lesson_id,
            lease.user_id,
            lease.branch_id,
            purpose,
            device,
            lease.issued_at,
            lease.expires_at,
        )
        .execute(&self.write)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn lease(&self, id: Uuid) -> StoreResult<Option<LeaseRow>> {
        let row = sqlx::query!(
            "SELECT id, lesson_id, user_id, branch_id, purpose, device, issued_at, expires_at
             FROM leases WHERE id = ?",
            id
        )
        .fetch_optional(&self.read)
        .await
        .map_err(failed)?;
        row.map(|r| {
            Ok(LeaseRow {
                id: r.id,
                lesson_id: r.lesson_id,
                user_id: r.user_id,
                branch_id: r.branch_id,
                purpose: word(&r.purpose)?,
                device: word(&r.device)?,
                issued_at: r.issued_at,
                expires_at: r.expires_at,
            })
        })
        .transpose()
    }
}
