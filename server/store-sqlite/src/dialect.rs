//! Statements that have another text in each database, with the reason.

use sqlx::{Sqlite, Transaction};
use uuid::Uuid;
use yunke_store::{BeatRow, StoreResult, TextEnum as _};

use crate::error::failed;

/// Keeps beats that are not there yet; says of each, in order, whether it was new. One statement a beat: within the process that is the
/// fastest; over a network it would be a journey each.
pub(crate) async fn insert_beats(
    tx: &mut Transaction<'static, Sqlite>,
    beats: &[BeatRow],
) -> StoreResult<Vec<bool>> {
    let mut new = Vec::with_capacity(beats.len());
    for beat in beats {
        new.push(insert(tx, beat).await?);
    }
    Ok(new)
}

async fn insert(tx: &mut Transaction<'static, Sqlite>, beat: &BeatRow) -> StoreResult<bool> {
    let BeatRow { lease_id, received_at, body } = beat;
    let (state, cause) = (body.state.as_str(), body.cause.as_str());
    let (source, mode) = (body.source.as_str(), body.mode.as_str());
    let done = sqlx::query!(
        "INSERT INTO beats (lease_id, seq, state, cause, source, mode, from_ms, to_ms, rate_milli, visible, gesture,
                            client_ms, received_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (lease_id, seq) DO NOTHING",
        lease_id,
        body.seq,
        state,
        cause,
        source,
        mode,
        body.from_ms,
        body.to_ms,
        body.rate_milli,
        body.visible,
        body.gesture,
        body.client_ms,
        received_at,
    )
    .execute(&mut **tx)
    .await
    .map_err(failed)?;
    Ok(done.rows_affected() == 1)
}

/// Some was played under these leases: who holds one to watch played some of its item. An index of the evidence, kept in its
/// transaction.
pub(crate) async fn note_played(tx: &mut Transaction<'static, Sqlite>, leases: &[Uuid]) -> StoreResult<()> {
    for lease_id in leases {
        sqlx::query!(
            "INSERT INTO played (item_id, user_id)
             SELECT item_id, user_id FROM leases WHERE id = $1 AND purpose = 'watch' ON CONFLICT DO NOTHING",
            lease_id
        )
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
    }
    Ok(())
}

/// Evidence came under these leases of people who played. Of an item whose time is still running nothing is noted: all of it is judged when it is over.
pub(crate) async fn note_due(
    tx: &mut Transaction<'static, Sqlite>,
    leases: &[Uuid],
    at: i64,
) -> StoreResult<()> {
    for lease_id in leases {
        // A row that says so already is not written again.
        sqlx::query!(
            "INSERT INTO results_due (item_id, user_id, since, taken)
             SELECT l.item_id, l.user_id, $2, false FROM leases l
             WHERE l.id = $1 AND l.purpose = 'watch'
               AND EXISTS (SELECT 1 FROM played p WHERE p.item_id = l.item_id AND p.user_id = l.user_id)
               AND NOT EXISTS (SELECT 1 FROM lessons s WHERE s.id = l.item_id AND s.phase <> 'ended')
             ON CONFLICT (item_id, user_id) DO UPDATE SET taken = false WHERE taken",
            lease_id,
            at,
        )
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
    }
    Ok(())
}

/// What makes the database count on after rows were copied with the numbers they had: SQLite does so by itself.
pub(crate) fn counters_go_on() -> Vec<String> {
    Vec::new()
}
