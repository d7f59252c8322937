//! Statements that have another text in each database, with the reason.

use std::collections::HashSet;

use sqlx::{Postgres, Transaction};
use uuid::Uuid;
use yunke_store::{BeatRow, StoreResult, TextEnum as _, copy::tables};

use crate::error::failed;

/// Keeps beats that are not there yet; says of each, in order, whether it was new. One statement for all of them: each is a journey to
/// the server.
pub(crate) async fn insert_beats(
    tx: &mut Transaction<'static, Postgres>,
    beats: &[BeatRow],
) -> StoreResult<Vec<bool>> {
    fn column<T>(beats: &[BeatRow], of: impl Fn(&BeatRow) -> T) -> Vec<T> {
        beats.iter().map(of).collect()
    }
    let words = |of: fn(&BeatRow) -> &'static str| column(beats, |beat| of(beat).to_owned());
    let inserted = sqlx::query!(
        r#"INSERT INTO beats (lease_id, seq, state, cause, source, mode, from_ms, to_ms, rate_milli, visible, gesture,
                              client_ms, received_at)
           SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                                $8::bigint[], $9::bigint[], $10::boolean[], $11::boolean[], $12::bigint[], $13::bigint[])
           ON CONFLICT (lease_id, seq) DO NOTHING RETURNING lease_id, seq"#,
        &column(beats, |beat| beat.lease_id),
        &column(beats, |beat| beat.body.seq),
        &words(|beat| beat.body.state.as_str()),
        &words(|beat| beat.body.cause.as_str()),
        &words(|beat| beat.body.source.as_str()),
        &words(|beat| beat.body.mode.as_str()),
        &column(beats, |beat| beat.body.from_ms),
        &column(beats, |beat| beat.body.to_ms),
        &column(beats, |beat| beat.body.rate_milli),
        &column(beats, |beat| beat.body.visible),
        &column(beats, |beat| beat.body.gesture),
        &column(beats, |beat| beat.body.client_ms),
        &column(beats, |beat| beat.received_at),
    )
    .fetch_all(&mut **tx)
    .await
    .map_err(failed)?;
    // Of two with one number the first was kept.
    let mut inserted: HashSet<(Uuid, i64)> =
        inserted.into_iter().map(|row| (row.lease_id, row.seq)).collect();
    Ok(beats.iter().map(|beat| inserted.remove(&(beat.lease_id, beat.body.seq))).collect())
}

/// Some was played under these leases: who holds one to watch played some of its item. An index of the evidence, kept in its
/// transaction.
pub(crate) async fn note_played(tx: &mut Transaction<'static, Postgres>, leases: &[Uuid]) -> StoreResult<()> {
    // In order, so that two processes never wait for each other.
    sqlx::query!(
        "INSERT INTO played (item_id, user_id)
         SELECT DISTINCT item_id, user_id FROM leases WHERE id = ANY($1) AND purpose = 'watch'
         ORDER BY item_id, user_id ON CONFLICT DO NOTHING",
        leases
    )
    .execute(&mut **tx)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Evidence came under these leases of people who played. Of an item whose time is still running nothing is noted: all of it is judged when it is over.
pub(crate) async fn note_due(
    tx: &mut Transaction<'static, Postgres>,
    leases: &[Uuid],
    at: i64,
) -> StoreResult<()> {
    // In order, so that two transactions never wait for each other. A row that says so already is not written again.
    sqlx::query!(
        "INSERT INTO results_due (item_id, user_id, since, taken)
         SELECT DISTINCT l.item_id, l.user_id, $2::bigint, false FROM leases l
         WHERE l.id = ANY($1) AND l.purpose = 'watch'
           AND EXISTS (SELECT 1 FROM played p WHERE p.item_id = l.item_id AND p.user_id = l.user_id)
           AND NOT EXISTS (SELECT 1 FROM lessons s WHERE s.id = l.item_id AND s.phase <> 'ended')
         ORDER BY l.item_id, l.user_id
         ON CONFLICT (item_id, user_id) DO UPDATE SET taken = false WHERE results_due.taken",
        leases,
        at,
    )
    .execute(&mut **tx)
    .await
    .map_err(failed)?;
    Ok(())
}

/// What makes the database count on after rows were copied with the numbers they had.
pub(crate) fn counters_go_on() -> Vec<String> {
    let counted = tables().filter(|table| table.counted);
    counted
        .map(|table| {
            let (name, key) = (table.name, table.columns[0].0);
            format!(
                "SELECT setval(pg_get_serial_sequence('{name}', '{key}'), (SELECT max({key}) FROM {name}))"
            )
        })
        .collect()
}
