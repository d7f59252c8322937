//! Beats: kept in one transaction for all rooms, read back for the judgement.

use std::collections::BTreeSet;

use sqlx::Transaction;
use uuid::Uuid;
use yunke_store::{Appended, BeatBody, BeatRow, StoreResult, UtcMillis};

use super::operation::keep;
use crate::db::{Connection, Db, SqlStore};
use crate::dialect::{insert_beats, note_due, note_played};
use crate::error::{failed, word};

/// Conflicts of a lease that are written down; whoever makes more has shown enough, and must not fill the disk.
const CONFLICTS_KEPT: i64 = 100;

pub(crate) async fn append(
    store: &SqlStore,
    run_id: Uuid,
    at: UtcMillis,
    beats: &[BeatRow],
) -> StoreResult<Vec<Appended>> {
    let mut tx = store.begin_beside().await?;
    let new = insert_beats(&mut tx, beats).await?;
    let mut outcomes = Vec::with_capacity(beats.len());
    for (beat, new) in beats.iter().zip(&new) {
        outcomes.push(if *new {
            Appended::New
        } else if find(&mut tx, beat.lease_id, beat.body.seq)
            .await?
            .is_some_and(|kept| kept.body == beat.body)
        {
            Appended::Known
        } else {
            record_conflict(&mut tx, beat).await?;
            Appended::Conflict
        });
    }
    let plays = |(beat, new): (&BeatRow, &bool)| {
        (*new && beat.body.to_ms > beat.body.from_ms).then_some(beat.lease_id)
    };
    let played: BTreeSet<Uuid> = beats.iter().zip(&new).filter_map(plays).collect();
    note_played(&mut tx, &Vec::from_iter(played)).await?;
    let came: BTreeSet<Uuid> =
        beats.iter().zip(&new).filter_map(|(beat, new)| new.then_some(beat.lease_id)).collect();
    note_due(&mut tx, &Vec::from_iter(came), at).await?;
    keep(&mut tx, run_id, at).await?;
    tx.commit().await.map_err(failed)?;
    Ok(outcomes)
}

async fn record_conflict(tx: &mut Transaction<'static, Db>, beat: &BeatRow) -> StoreResult<()> {
    let body = &beat.body;
    let text = serde_json::json!({
        "state": body.state, "cause": body.cause, "source": body.source, "mode": body.mode,
        "from_ms": body.from_ms, "to_ms": body.to_ms, "rate_milli": body.rate_milli,
        "visible": body.visible, "gesture": body.gesture, "client_ms": body.client_ms,
    })
    .to_string();
    sqlx::query!(
        "INSERT INTO beat_conflicts (lease_id, seq, body, received_at) SELECT $1, $2, $3, $4
         WHERE (SELECT count(*) FROM beat_conflicts WHERE lease_id = $1) < $5",
        beat.lease_id,
        body.seq,
        text,
        beat.received_at,
        CONFLICTS_KEPT,
    )
    .execute(&mut **tx)
    .await
    .map_err(failed)?;
    Ok(())
}

/// A row of `beats`.
struct Row {
    lease_id: Uuid,
    seq: i64,
    state: String,
    cause: String,
    source: String,
    mode: String,
    from_ms: i64,
    to_ms: i64,
    rate_milli: i64,
    visible: bool,
    gesture: bool,
    client_ms: i64,
    received_at: i64,
}

impl Row {
    fn beat(self) -> StoreResult<BeatRow> {
        Ok(BeatRow {
            lease_id: self.lease_id,
            received_at: self.received_at,
            body: BeatBody {
                seq: self.seq,
                state: word(&self.state)?,
                cause: word(&self.cause)?,
                source: word(&self.source)?,
                mode: word(&self.mode)?,
                from_ms: self.from_ms,
                to_ms: self.to_ms,
                rate_milli: self.rate_milli,
                visible: self.visible,
                gesture: self.gesture,
                client_ms: self.client_ms,
            },
        })
    }
}

async fn find(on: &mut Connection, lease_id: Uuid, seq: i64) -> StoreResult<Option<BeatRow>> {
    sqlx::query_as!(
        Row,
        r#"SELECT lease_id, seq, state, cause, source, mode, from_ms, to_ms, rate_milli,
                  visible AS "visible!: bool", gesture AS "gesture!: bool", client_ms, received_at
           FROM beats WHERE lease_id = $1 AND seq = $2"#,
        lease_id,
        seq
    )
    .fetch_optional(on)
    .await
    .map_err(failed)?
    .map(Row::beat)
    .transpose()
}

/// All beats a member sent for an item under leases to watch.
pub(crate) async fn of_member(
    on: &mut Connection,
    item_id: Uuid,
    user_id: Uuid,
) -> StoreResult<Vec<BeatRow>> {
    sqlx::query_as!(
        Row,
        r#"SELECT b.lease_id, b.seq, b.state, b.cause, b.source, b.mode, b.from_ms, b.to_ms, b.rate_milli,
                  b.visible AS "visible!: bool", b.gesture AS "gesture!: bool", b.client_ms, b.received_at
           FROM leases l CROSS JOIN beats b
           WHERE b.lease_id = l.id AND l.item_id = $1 AND l.user_id = $2 AND l.purpose = 'watch'"#,
        item_id,
        user_id
    )
    .fetch_all(on)
    .await
    .map_err(failed)?
    .into_iter()
    .map(Row::beat)
    .collect()
}
