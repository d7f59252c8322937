//! What media nodes delivered: a union per lease, and when the nodes were heard of.

use std::collections::BTreeSet;

use uuid::Uuid;
use yunke_store::{DELIVERY_MEMORY_MS, Heard, Interval, LeaseDelivery, StoreResult, UtcMillis};

use crate::db::{Connection, SqlStore};
use crate::dialect::note_due;
use crate::error::failed;

pub(crate) async fn keep(store: &SqlStore, delivered: &[LeaseDelivery], heard: &[Heard]) -> StoreResult<()> {
    let mut tx = store.begin().await?;
    for delivery in delivered {
        for stretch in &delivery.stretches {
            if 0 <= stretch.from && stretch.from < stretch.to {
                unite(&mut tx, delivery.item_id, delivery.lease_id, *stretch).await?;
            }
        }
    }
    for delivery in delivered.iter().filter(|delivery| delivery.behind_edge) {
        sqlx::query!(
            "INSERT INTO edge_leases (lease_id)
             SELECT l.id FROM leases l WHERE l.id = $1 AND l.item_id = $2 AND l.purpose = 'watch'
             ON CONFLICT (lease_id) DO NOTHING",
            delivery.lease_id,
            delivery.item_id,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    }
    for heard in heard {
        hear(&mut tx, heard).await?;
    }
    // As of when it is not known here; what was delivered now was played a moment ago.
    let at = heard.iter().map(|heard| heard.to_at).max().unwrap_or_default();
    let leases: BTreeSet<Uuid> = delivered.iter().map(|delivery| delivery.lease_id).collect();
    note_due(&mut tx, &Vec::from_iter(leases), at).await?;
    tx.commit().await.map_err(failed)
}

/// Adds a stretch to the union; what it overlaps or touches becomes one row with it.
async fn unite(on: &mut Connection, item_id: Uuid, lease_id: Uuid, new: Interval) -> StoreResult<()> {
    // Nothing was ever kept of a lease that is not of this item, so there is nothing to replace either.
    let met = sqlx::query_as!(
        Interval,
        r#"DELETE FROM deliveries WHERE lease_id = $1 AND from_ms <= $3 AND to_ms >= $2
         AND EXISTS (SELECT 1 FROM leases l WHERE l.id = $1 AND l.item_id = $4)
         RETURNING from_ms AS "from", to_ms AS "to""#,
        lease_id,
        new.from,
        new.to,
        item_id,
    )
    .fetch_all(&mut *on)
    .await
    .map_err(failed)?;
    let from_ms = met.iter().map(|old| old.from).fold(new.from, i64::min);
    let to_ms = met.iter().map(|old| old.to).fold(new.to, i64::max);
    sqlx::query!(
        "INSERT INTO deliveries (lease_id, from_ms, to_ms)
         SELECT l.id, $2, $3 FROM leases l WHERE l.id = $1 AND l.item_id = $4 AND l.purpose = 'watch'",
        lease_id,
        from_ms,
        to_ms,
        item_id,
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(())
}

async fn hear(on: &mut Connection, heard: &Heard) -> StoreResult<()> {
    let since = heard.from_at.saturating_sub(DELIVERY_MEMORY_MS);
    let Some(lesson_id) = heard.lesson_id else { return hear_of_replays(on, heard, since).await };
    let goes_on = sqlx::query!(
        "UPDATE media_heard SET to_at = max(to_at, $4)
         WHERE lesson_id = $1 AND boot = $2 AND from_at <= $4 AND to_at >= $3",
        lesson_id,
        heard.boot,
        since,
        heard.to_at,
    )
    .execute(&mut *on)
    .await
    .map_err(failed)?;
    if goes_on.rows_affected() == 0 {
        sqlx::query!(
            "INSERT INTO media_heard (lesson_id, boot, from_at, to_at)
             SELECT id, $2, $3, max($3, $4) FROM lessons WHERE id = $1",
            lesson_id,
            heard.boot,
            heard.from_at,
            heard.to_at,
        )
        .execute(on)
        .await
        .map_err(failed)?;
    }
    Ok(())
}

async fn hear_of_replays(on: &mut Connection, heard: &Heard, since: UtcMillis) -> StoreResult<()> {
    let goes_on = sqlx::query!(
        "UPDATE replays_heard SET to_at = max(to_at, $3) WHERE boot = $1 AND from_at <= $3 AND to_at >= $2",
        heard.boot,
        since,
        heard.to_at,
    )
    .execute(&mut *on)
    .await
    .map_err(failed)?;
    if goes_on.rows_affected() == 0 {
        sqlx::query!(
            "INSERT INTO replays_heard (boot, from_at, to_at) VALUES ($1, $2, max($2, $3))",
            heard.boot,
            heard.from_at,
            heard.to_at,
        )
        .execute(on)
        .await
        .map_err(failed)?;
    }
    Ok(())
}

/// What was sent to a member's leases to watch an item.
pub(crate) async fn of_member(
    on: &mut Connection,
    item_id: Uuid,
    user_id: Uuid,
) -> StoreResult<Vec<(Uuid, Interval)>> {
    let rows = sqlx::query!(
        r#"SELECT d.lease_id AS "lease_id: Uuid", d.from_ms, d.to_ms
           FROM leases l CROSS JOIN deliveries d
           WHERE d.lease_id = l.id AND l.item_id = $1 AND l.user_id = $2 AND l.purpose = 'watch'
           ORDER BY d.lease_id, d.from_ms"#,
        item_id,
        user_id
    )
    .fetch_all(on)
    .await
    .map_err(failed)?;
    Ok(rows.into_iter().map(|row| (row.lease_id, Interval { from: row.from_ms, to: row.to_ms })).collect())
}

/// Whether one of a member's leases to watch an item came through an edge.
pub(crate) async fn behind_edge(on: &mut Connection, item_id: Uuid, user_id: Uuid) -> StoreResult<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT 1 FROM leases l CROSS JOIN edge_leases e
               WHERE e.lease_id = l.id AND l.item_id = $1 AND l.user_id = $2 AND l.purpose = 'watch') AS "there!: bool""#,
        item_id,
        user_id
    )
    .fetch_one(on)
    .await
    .map_err(failed)
}

/// When an item's nodes were heard of: of the lesson itself, or of every replay and every episode. What was heard of those before the
/// lesson's end, or before the episode could be heard, says nothing of it.
pub(crate) async fn heard(on: &mut Connection, item_id: Uuid) -> StoreResult<Vec<(UtcMillis, UtcMillis)>> {
    let rows = sqlx::query!(
        r#"SELECT from_at AS "from_at!: i64", to_at AS "to_at!: i64" FROM media_heard WHERE lesson_id = $1
           UNION ALL
           SELECT max(h.from_at, s.ended_at), h.to_at FROM replays_heard h CROSS JOIN lessons s
           WHERE s.id = $1 AND h.to_at >= s.ended_at
           UNION ALL
           SELECT max(h.from_at, e.since), h.to_at FROM replays_heard h CROSS JOIN (
               SELECT min(v.settled_at) AS since FROM episode_versions v
               WHERE v.episode_id = $1 AND v.state = 'ready') e
           WHERE h.to_at >= e.since
           ORDER BY 1, 2"#,
        item_id
    )
    .fetch_all(on)
    .await
    .map_err(failed)?;
    Ok(rows.into_iter().map(|row| (row.from_at, row.to_at)).collect())
}
