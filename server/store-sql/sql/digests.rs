//! What rooms keep of the past, and nothing that could not be computed again.

use uuid::Uuid;
use yunke_store::{RoomDigest, StoreResult};

use crate::db::{Connection, SqlStore};
use crate::error::failed;

pub(crate) async fn keep(
    store: &SqlStore,
    lesson_id: Uuid,
    digests: &[RoomDigest],
    through: &[(Uuid, i64)],
) -> StoreResult<()> {
    let mut tx = store.begin().await?;
    // An older one may come last, and knows fewer leases.
    for RoomDigest { user_id, basis, body } in digests {
        forget(&mut tx, lesson_id, *user_id).await?;
        sqlx::query!(
            "INSERT INTO room_digests (lesson_id, user_id, basis, body) VALUES ($1, $2, $3, $4)",
            lesson_id,
            user_id,
            basis,
            body,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    }
    for (lease_id, through) in through {
        sqlx::query!(
            "INSERT INTO room_digest_leases (lease_id, through) VALUES ($1, $2)",
            lease_id,
            through,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    }
    tx.commit().await.map_err(failed)
}

pub(crate) async fn read(
    store: &SqlStore,
    lesson_id: Uuid,
    after: Option<Uuid>,
    up_to: Option<Uuid>,
    limit: i64,
) -> StoreResult<Vec<RoomDigest>> {
    let (after, up_to) = (after.unwrap_or_default(), up_to.unwrap_or(Uuid::max()));
    sqlx::query_as!(
        RoomDigest,
        r#"SELECT user_id AS "user_id!: Uuid", basis AS "basis!: i64", body AS "body!: String" FROM room_digests
           WHERE lesson_id = $1 AND user_id > $2 AND user_id <= $3 ORDER BY user_id LIMIT $4"#,
        lesson_id,
        after,
        up_to,
        limit,
    )
    .fetch_all(&store.read())
    .await
    .map_err(failed)
}

pub(crate) async fn drop(store: &SqlStore, lesson_id: Uuid, users: &[Uuid]) -> StoreResult<()> {
    let mut tx = store.begin().await?;
    for user_id in users {
        forget(&mut tx, lesson_id, *user_id).await?;
    }
    tx.commit().await.map_err(failed)
}

async fn forget(tx: &mut Connection, lesson_id: Uuid, user_id: Uuid) -> StoreResult<()> {
    sqlx::query!(
        "DELETE FROM room_digest_leases
         WHERE lease_id IN (SELECT id FROM leases WHERE item_id = $1 AND user_id = $2)",
        lesson_id,
        user_id,
    )
    .execute(&mut *tx)
    .await
    .map_err(failed)?;
    sqlx::query!("DELETE FROM room_digests WHERE lesson_id = $1 AND user_id = $2", lesson_id, user_id)
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    Ok(())
}
