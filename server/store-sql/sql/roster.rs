//! Imports of rosters as they are kept. What they write is in [`super::roster_write`].

use async_trait::async_trait;
use uuid::Uuid;
use yunke_store::{
    ApplyOutcome, IMPORT_FILES_BYTES, IMPORT_KEPT_MS, ImportApply, ImportKind, ImportPreview, ImportState,
    ImportWrite, NewImport, OPEN_IMPORTS, RosterFacts, RosterImport, RosterStore, StoreResult, TextEnum as _,
    UndoOutcome, UtcMillis,
};

use super::{
    json, roster_facts,
    roster_rows::{ImportRow, add_piece, import, pieces},
    roster_write,
};
use crate::db::{Connection, SqlStore};
use crate::error::failed;

/// Bytes of a piece of a file.
const FILE_PIECE: usize = 1 << 20;

/// Removes what an import would change.
async fn forget(on: &mut Connection, id: Uuid) -> StoreResult<()> {
    sqlx::query!("DELETE FROM roster_import_pieces WHERE import_id = $1 AND kind <> 'written'", id)
        .execute(on)
        .await
        .map_err(failed)?;
    Ok(())
}

async fn remove(on: &mut Connection, id: Uuid) -> StoreResult<()> {
    sqlx::query!("DELETE FROM roster_import_pieces WHERE import_id = $1", id)
        .execute(&mut *on)
        .await
        .map_err(failed)?;
    sqlx::query!("DELETE FROM roster_import_files WHERE import_id = $1", id)
        .execute(&mut *on)
        .await
        .map_err(failed)?;
    sqlx::query!("DELETE FROM roster_imports WHERE id = $1", id).execute(on).await.map_err(failed)?;
    Ok(())
}

/// Makes room for one more import: the oldest that wait of this person go.
async fn make_room(on: &mut Connection, new: &NewImport) -> StoreResult<bool> {
    let stay = OPEN_IMPORTS - 1;
    let old = sqlx::query_scalar!(
        r#"SELECT id AS "id: Uuid" FROM roster_imports WHERE owner_id = $1 AND state IN ('reading', 'refused', 'previewed')
           ORDER BY created_at DESC, id DESC LIMIT 1000 OFFSET $2"#,
        new.owner_id,
        stay
    )
    .fetch_all(&mut *on)
    .await
    .map_err(failed)?;
    for id in old {
        remove(on, id).await?;
    }
    let kept = sqlx::query_scalar!(
        r#"SELECT CAST(coalesce(sum(file_bytes), 0) AS BIGINT) AS "bytes!: i64" FROM roster_imports"#
    )
    .fetch_one(on)
    .await
    .map_err(failed)?;
    Ok(kept.saturating_add(i64::try_from(new.file.len()).unwrap_or(i64::MAX)) <= IMPORT_FILES_BYTES)
}

#[async_trait]
impl RosterStore for SqlStore {
    async fn add_import(&self, new: NewImport) -> StoreResult<bool> {
        let mut tx = self.begin().await?;
        if !make_room(&mut tx, &new).await? {
            return Ok(false);
        }
        let bytes = i64::try_from(new.file.len()).unwrap_or(i64::MAX);
        sqlx::query!(
            "INSERT INTO roster_imports (id, owner_id, file_name, file_bytes, options, state, created_at)
             VALUES ($1, $2, $3, $4, $5, 'reading', $6)",
            new.id,
            new.owner_id,
            new.file_name,
            bytes,
            new.options,
            new.at,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        for (seq, piece) in new.file.chunks(FILE_PIECE).enumerate() {
            let seq = i64::try_from(seq).unwrap_or(i64::MAX);
            sqlx::query!(
                "INSERT INTO roster_import_files (import_id, seq, bytes) VALUES ($1, $2, $3)",
                new.id,
                seq,
                piece
            )
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        }
        tx.commit().await.map_err(failed)?;
        Ok(true)
    }

    async fn imports_of(&self, owner_id: Uuid) -> StoreResult<Vec<RosterImport>> {
        sqlx::query_as!(
            ImportRow,
            "SELECT id, owner_id, file_name, file_bytes, options, state, summary, fingerprint, created_at, applied_at,
                    undone_at
             FROM roster_imports WHERE owner_id = $1 ORDER BY created_at DESC, id DESC LIMIT 100",
            owner_id
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)?
        .into_iter()
        .map(RosterImport::try_from)
        .collect()
    }

    async fn import(&self, id: Uuid) -> StoreResult<Option<RosterImport>> {
        let mut connection = self.read().acquire().await.map_err(failed)?;
        import(&mut connection, id).await
    }

    async fn import_file(&self, id: Uuid) -> StoreResult<Option<Vec<u8>>> {
        let pieces = sqlx::query_scalar!(
            r#"SELECT bytes AS "bytes: Vec<u8>" FROM roster_import_files WHERE import_id = $1 ORDER BY seq"#,
            id
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)?;
        Ok((!pieces.is_empty()).then(|| pieces.concat()))
    }

    async fn reread_import(&self, id: Uuid, options: &str) -> StoreResult<()> {
        let mut tx = self.begin().await?;
        let done = sqlx::query!(
            "UPDATE roster_imports SET options = $2, state = 'reading', fingerprint = NULL
             WHERE id = $1 AND state IN ('reading', 'refused', 'previewed')",
            id,
            options
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        if done.rows_affected() == 1 {
            forget(&mut tx, id).await?;
        }
        tx.commit().await.map_err(failed)
    }

    async fn preview_import(&self, preview: ImportPreview) -> StoreResult<()> {
        let mut tx = self.begin().await?;
        let state = match preview.fingerprint {
            Some(_) => ImportState::Previewed,
            None => ImportState::Refused,
        };
        let state = state.as_str();
        let done = sqlx::query!(
            "UPDATE roster_imports SET options = $2, state = $3, summary = $4, fingerprint = $5
             WHERE id = $1 AND state IN ('reading', 'refused', 'previewed')",
            preview.id,
            preview.options,
            state,
            preview.summary,
            preview.fingerprint
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        if done.rows_affected() == 1 {
            forget(&mut tx, preview.id).await?;
            for (seq, piece) in preview.pieces.iter().enumerate() {
                add_piece(&mut tx, preview.id, piece.kind.as_str(), seq, &piece.body).await?;
            }
        }
        tx.commit().await.map_err(failed)
    }

    async fn import_pieces(&self, id: Uuid, kind: ImportKind) -> StoreResult<Vec<String>> {
        let mut connection = self.read().acquire().await.map_err(failed)?;
        pieces(&mut connection, id, kind.as_str()).await
    }

    async fn import_written(&self, id: Uuid) -> StoreResult<Vec<ImportWrite>> {
        let mut connection = self.read().acquire().await.map_err(failed)?;
        roster_write::writes(&mut connection, id).await
    }

    async fn remove_import(&self, id: Uuid) -> StoreResult<()> {
        let mut tx = self.begin().await?;
        let open = import(&mut tx, id).await?;
        if open.is_some_and(|import| !matches!(import.state, ImportState::Applied | ImportState::Undone)) {
            remove(&mut tx, id).await?;
        }
        tx.commit().await.map_err(failed)
    }

    async fn sweep_imports(&self, at: UtcMillis) -> StoreResult<()> {
        let before = at - IMPORT_KEPT_MS;
        let mut tx = self.begin().await?;
        let old = sqlx::query_scalar!(
            r#"SELECT id AS "id: Uuid" FROM roster_imports WHERE coalesce(applied_at, created_at) < $1"#,
            before
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(failed)?;
        for id in old {
            remove(&mut tx, id).await?;
        }
        tx.commit().await.map_err(failed)
    }

    async fn roster_facts(&self, within: &[String]) -> StoreResult<RosterFacts> {
        let mut tx = self.begin_snapshot().await?;
        roster_facts::facts(&mut tx, within).await
    }

    async fn numbers_elsewhere(&self, within: &[String]) -> StoreResult<Vec<String>> {
        let within = json(within);
        sqlx::query_scalar!(
            r#"SELECT p.member_no AS "member_no!" FROM users p LEFT JOIN units b ON b.id = p.branch_id
               WHERE p.member_no IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM json_each($1) AS scope
                                 WHERE substr(b.path, 1, length(scope.value)) = scope.value)"#,
            within
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)
    }

    async fn apply_import(&self, apply: ImportApply) -> StoreResult<ApplyOutcome> {
        roster_write::apply(self, &apply).await
    }

    async fn undo_import(&self, id: Uuid, actor_id: Uuid, at: UtcMillis) -> StoreResult<UndoOutcome> {
        roster_write::undo(self, id, actor_id, at).await
    }

    async fn known_columns(&self, user_id: Uuid) -> StoreResult<Option<String>> {
        sqlx::query_scalar!("SELECT columns FROM roster_columns WHERE user_id = $1", user_id)
            .fetch_optional(&self.read())
            .await
            .map_err(failed)
    }

    async fn keep_columns(&self, user_id: Uuid, columns: &str) -> StoreResult<()> {
        sqlx::query!(
            "INSERT INTO roster_columns (user_id, columns) VALUES ($1, $2)
             ON CONFLICT (user_id) DO UPDATE SET columns = excluded.columns",
            user_id,
            columns
        )
        .execute(&self.write())
        .await
        .map_err(failed)?;
        Ok(())
    }
}
