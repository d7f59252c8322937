//! An import and its pieces as rows: what keeping and writing it share.

use uuid::Uuid;
use yunke_store::{RosterImport, StoreError, StoreResult};

use crate::db::Connection;
use crate::error::{failed, word};

/// A row of `roster_imports`.
pub(super) struct ImportRow {
    pub(super) id: Uuid,
    pub(super) owner_id: Uuid,
    pub(super) file_name: String,
    pub(super) file_bytes: i64,
    pub(super) options: String,
    pub(super) state: String,
    pub(super) summary: String,
    pub(super) fingerprint: Option<String>,
    pub(super) created_at: i64,
    pub(super) applied_at: Option<i64>,
    pub(super) undone_at: Option<i64>,
}

impl TryFrom<ImportRow> for RosterImport {
    type Error = StoreError;

    fn try_from(row: ImportRow) -> StoreResult<Self> {
        Ok(Self {
            id: row.id,
            owner_id: row.owner_id,
            file_name: row.file_name,
            file_bytes: row.file_bytes,
            options: row.options,
            state: word(&row.state)?,
            summary: row.summary,
            fingerprint: row.fingerprint,
            created_at: row.created_at,
            applied_at: row.applied_at,
            undone_at: row.undone_at,
        })
    }
}

pub(super) async fn import(on: &mut Connection, id: Uuid) -> StoreResult<Option<RosterImport>> {
    sqlx::query_as!(
        ImportRow,
        "SELECT id, owner_id, file_name, file_bytes, options, state, summary, fingerprint, created_at, applied_at, undone_at
         FROM roster_imports WHERE id = $1",
        id
    )
    .fetch_optional(on)
    .await
    .map_err(failed)?
    .map(RosterImport::try_from)
    .transpose()
}

/// Keeps a list of JSON as one more piece.
pub(super) async fn add_piece(
    on: &mut Connection,
    import_id: Uuid,
    kind: &str,
    seq: usize,
    body: &str,
) -> StoreResult<()> {
    let seq = i64::try_from(seq).unwrap_or(i64::MAX);
    sqlx::query!(
        "INSERT INTO roster_import_pieces (import_id, kind, seq, body) VALUES ($1, $2, $3, $4)",
        import_id,
        kind,
        seq,
        body
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn pieces(on: &mut Connection, id: Uuid, kind: &str) -> StoreResult<Vec<String>> {
    sqlx::query_scalar!(
        "SELECT body FROM roster_import_pieces WHERE import_id = $1 AND kind = $2 ORDER BY seq",
        id,
        kind
    )
    .fetch_all(on)
    .await
    .map_err(failed)
}
