//! Issuing leases: how many of one member and item are alive is bounded, and which one makes room.

use sqlx::Transaction;
use uuid::Uuid;
use yunke_store::{ALIVE_LEASES, LeasePurpose, LeaseRow, StoreResult, TextEnum as _, UtcMillis};

use crate::db::{Connection, Db, SqlStore};
use crate::error::failed;

/// Keeps a lease, and supersedes what is too much.
pub(crate) async fn issue(store: &SqlStore, lease: &LeaseRow) -> StoreResult<Vec<Uuid>> {
    let mut tx = store.begin().await?;
    let superseded = match lease.purpose {
        LeasePurpose::Watch => make_room(&mut tx, lease).await?,
        LeasePurpose::Preview => Vec::new(),
    };
    let (purpose, device) = (lease.purpose.as_str(), lease.device.as_str());
    sqlx::query!(
        "INSERT INTO leases (id, item_id, user_id, branch_id, purpose, device, issued_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        lease.id,
        lease.item.id,
        lease.user_id,
        lease.branch_id,
        purpose,
        device,
        lease.issued_at,
        lease.expires_at,
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    Ok(superseded)
}

/// Supersedes all but the seven leases that were heard of last; who was never heard of, when it was issued.
async fn make_room(tx: &mut Transaction<'static, Db>, lease: &LeaseRow) -> StoreResult<Vec<Uuid>> {
    let stay = ALIVE_LEASES - 1;
    sqlx::query_scalar!(
        r#"INSERT INTO superseded_leases (lease_id, superseded_at)
           SELECT l.id, $3 FROM leases l
           WHERE l.item_id = $1 AND l.user_id = $2 AND l.purpose = 'watch' AND l.expires_at > $3
             AND l.issued_at <= $3
             AND NOT EXISTS (SELECT 1 FROM superseded_leases s WHERE s.lease_id = l.id)
           ORDER BY coalesce((SELECT b.received_at FROM beats b WHERE b.lease_id = l.id ORDER BY b.seq DESC LIMIT 1),
                             l.issued_at) DESC, l.id DESC
           LIMIT 1000000 OFFSET $4
           RETURNING lease_id AS "lease_id!: Uuid""#,
        lease.item.id,
        lease.user_id,
        lease.issued_at,
        stay,
    )
    .fetch_all(&mut **tx)
    .await
    .map_err(failed)
}

/// Nothing more is to be fetched under the leases this person has.
pub(crate) async fn revoke(on: &mut Connection, user_id: Uuid, at: UtcMillis) -> StoreResult<()> {
    sqlx::query!(
        "INSERT INTO revoked_leases (lease_id, revoked_at, expires_at)
         SELECT id, $2, expires_at FROM leases WHERE user_id = $1 AND expires_at > $2
         ON CONFLICT DO NOTHING",
        user_id,
        at
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(crate) async fn revoked(store: &SqlStore, now: UtcMillis, limit: u32) -> StoreResult<Vec<Uuid>> {
    let limit = i64::from(limit);
    sqlx::query_scalar!(
        r#"SELECT lease_id AS "lease_id: Uuid" FROM revoked_leases WHERE expires_at > $1
           ORDER BY revoked_at DESC, lease_id LIMIT $2"#,
        now,
        limit
    )
    .fetch_all(&store.read())
    .await
    .map_err(failed)
}

pub(crate) async fn is_superseded(store: &SqlStore, id: Uuid) -> StoreResult<bool> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM superseded_leases WHERE lease_id = $1) AS "there!: bool""#,
        id
    )
    .fetch_one(&store.read())
    .await
    .map_err(failed)?;
    Ok(found)
}
