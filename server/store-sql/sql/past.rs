//! A lesson's leases and beats that are in no digest yet, read in bulk: the database writes the beats of a lease into one text, since five million rows
//! of thirteen columns each cost many times what the beats do.

use uuid::Uuid;
use yunke_store::{
    BeatBody, BeatCause, BeatMode, BeatRow, BeatSource, BeatState, PastEvidence, PastLease, StoreError,
    StoreResult, TextEnum as _,
};

use crate::db::SqlStore;
use crate::error::failed;

/// Columns of a beat in the text.
const COLUMNS: usize = 12;

struct Row {
    user_id: Uuid,
    id: Uuid,
    issued_at: i64,
    through: i64,
    beats: Option<String>,
}

pub(crate) async fn read(
    store: &SqlStore,
    lesson_id: Uuid,
    after: Option<Uuid>,
    leases: i64,
) -> StoreResult<Vec<PastEvidence>> {
    let mut wanted = leases.max(1);
    loop {
        let mut rows = rows(store, lesson_id, after, wanted).await?;
        if i64::try_from(rows.len()).is_ok_and(|count| count == wanted) {
            // The last member may have more: they come with the next page.
            let last = rows.last().map(|row| row.user_id);
            let whole = rows.iter().take_while(|row| Some(row.user_id) != last).count();
            if whole == 0 {
                wanted *= 4;
                continue;
            }
            rows.truncate(whole);
        }
        return rows.chunk_by(|a, b| a.user_id == b.user_id).map(member).collect();
    }
}

async fn rows(store: &SqlStore, lesson_id: Uuid, after: Option<Uuid>, limit: i64) -> StoreResult<Vec<Row>> {
    let after = after.unwrap_or_default();
    sqlx::query_as!(
        Row,
        r#"SELECT l.user_id AS "user_id!: Uuid", l.id AS "id!: Uuid", l.issued_at AS "issued_at!: i64",
                  coalesce(d.through, 0) AS "through!: i64",
                  (SELECT string_agg(b.seq || ',' || b.received_at || ',' || b.state || ',' || b.cause || ',' || b.source
                                       || ',' || b.mode || ',' || b.from_ms || ',' || b.to_ms || ',' || b.rate_milli || ','
                                       || CASE WHEN b.visible THEN 1 ELSE 0 END || ',' || CASE WHEN b.gesture THEN 1 ELSE 0 END || ',' || b.client_ms, ';')
                   FROM beats b WHERE b.lease_id = l.id AND b.seq > coalesce(d.through, 0)) AS "beats?: String"
           FROM leases l LEFT JOIN room_digest_leases d ON d.lease_id = l.id
           WHERE l.item_id = $1 AND l.user_id > $2 AND l.purpose = 'watch'
             AND EXISTS (SELECT 1 FROM beats b WHERE b.lease_id = l.id AND b.seq > coalesce(d.through, 0))
           ORDER BY l.user_id, l.issued_at, l.id LIMIT $3"#,
        lesson_id,
        after,
        limit,
    )
    .fetch_all(&store.read())
    .await
    .map_err(failed)
}

fn member(rows: &[Row]) -> StoreResult<PastEvidence> {
    let mut beats = Vec::new();
    for row in rows {
        for text in row.beats.iter().flat_map(|text| text.split(';')) {
            let beat =
                beat(row.id, text).ok_or_else(|| StoreError::Failed("a beat cannot be read".into()))?;
            beats.push(beat);
        }
    }
    Ok(PastEvidence {
        user_id: rows[0].user_id,
        leases: rows
            .iter()
            .map(|row| PastLease { id: row.id, issued_at: row.issued_at, through: row.through })
            .collect(),
        beats,
    })
}

fn beat(lease_id: Uuid, text: &str) -> Option<BeatRow> {
    let mut columns = [""; COLUMNS];
    let mut given = text.split(',');
    for column in &mut columns {
        *column = given.next()?;
    }
    let [
        seq,
        received_at,
        state,
        cause,
        source,
        mode,
        from_ms,
        to_ms,
        rate_milli,
        visible,
        gesture,
        client_ms,
    ] = columns;
    let body = BeatBody {
        seq: seq.parse().ok()?,
        state: BeatState::parse(state)?,
        cause: BeatCause::parse(cause)?,
        source: BeatSource::parse(source)?,
        mode: BeatMode::parse(mode)?,
        from_ms: from_ms.parse().ok()?,
        to_ms: to_ms.parse().ok()?,
        rate_milli: rate_milli.parse().ok()?,
        visible: visible == "1",
        gesture: gesture == "1",
        client_ms: client_ms.parse().ok()?,
    };
    Some(BeatRow { lease_id, received_at: received_at.parse().ok()?, body })
}
