//! Jobs that make files for organizers.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_store::{
    ExportEnd, ExportFile, ExportJob, ExportOutcome, ExportStore, NewExport, Page, StoreError, StoreResult,
    TextEnum as _, UtcMillis, decide,
};

use super::{json, operation::audit};
use crate::db::SqlStore;
use crate::error::{failed, word};

/// A row of `export_jobs`.
struct JobRow {
    id: Uuid,
    kind: String,
    format: String,
    parameters: String,
    user_id: Uuid,
    paths: String,
    state: String,
    size_bytes: Option<i64>,
    row_count: Option<i64>,
    sha256: Option<String>,
    reason: Option<String>,
    created_at: i64,
    ended_at: Option<i64>,
    expires_at: Option<i64>,
}

impl TryFrom<JobRow> for ExportJob {
    type Error = StoreError;

    fn try_from(row: JobRow) -> StoreResult<Self> {
        let file = match (row.size_bytes, row.row_count, row.sha256) {
            (Some(size_bytes), Some(rows), Some(sha256)) => Some(ExportFile { size_bytes, rows, sha256 }),
            _ => None,
        };
        Ok(Self {
            id: row.id,
            kind: word(&row.kind)?,
            format: word(&row.format)?,
            parameters: row.parameters,
            user_id: row.user_id,
            paths: serde_json::from_str(&row.paths).map_err(|error| StoreError::Failed(Box::new(error)))?,
            state: word(&row.state)?,
            file,
            reason: row.reason,
            created_at: row.created_at,
            ended_at: row.ended_at,
            expires_at: row.expires_at,
        })
    }
}

#[async_trait]
impl ExportStore for SqlStore {
    async fn add_export(&self, new: NewExport) -> StoreResult<ExportOutcome> {
        let mut tx = self.begin().await?;
        let waiting = sqlx::query_scalar!(
            r#"SELECT count(*) AS "count!: i64" FROM export_jobs WHERE user_id = $1 AND state IN ('queued', 'running')"#,
            new.user_id
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(failed)?;
        let line = match decide::exports::add(waiting, &new) {
            Ok(line) => line,
            Err(outcome) => return Ok(outcome),
        };
        let (kind, format, paths) = (new.kind.as_str(), new.format.as_str(), json(&new.paths));
        sqlx::query!(
            "INSERT INTO export_jobs (id, kind, format, parameters, user_id, paths, state, tries, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, 'queued', 0, $7)",
            new.id,
            kind,
            format,
            new.parameters,
            new.user_id,
            paths,
            new.at,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        audit(&mut tx, &line).await?;
        tx.commit().await.map_err(failed)?;
        Ok(ExportOutcome::Done)
    }

    async fn export_job(&self, id: Uuid) -> StoreResult<Option<ExportJob>> {
        sqlx::query_as!(
            JobRow,
            r#"SELECT id AS "id: Uuid", kind, format, parameters, user_id AS "user_id: Uuid", paths, state, size_bytes,
                      row_count, sha256, reason, created_at, ended_at, expires_at
               FROM export_jobs WHERE id = $1"#,
            id
        )
        .fetch_optional(&self.read())
        .await
        .map_err(failed)?
        .map(ExportJob::try_from)
        .transpose()
    }

    async fn exports_of(&self, user_id: Uuid, page: Page) -> StoreResult<Vec<ExportJob>> {
        sqlx::query_as!(
            JobRow,
            r#"SELECT id AS "id: Uuid", kind, format, parameters, user_id AS "user_id: Uuid", paths, state, size_bytes,
                      row_count, sha256, reason, created_at, ended_at, expires_at
               FROM export_jobs WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3"#,
            user_id,
            page.limit,
            page.offset,
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)?
        .into_iter()
        .map(ExportJob::try_from)
        .collect()
    }

    async fn begin_export(&self) -> StoreResult<Option<ExportJob>> {
        let mut tx = self.begin().await?;
        let row = sqlx::query_as!(
            JobRow,
            r#"UPDATE export_jobs SET state = 'running', tries = tries + 1
               WHERE id = (SELECT q.id FROM export_jobs q WHERE q.state = 'queued' ORDER BY q.created_at, q.id LIMIT 1)
               RETURNING id AS "id!: Uuid", kind AS "kind!: String", format AS "format!: String",
                         parameters AS "parameters!: String", user_id AS "user_id!: Uuid", paths AS "paths!: String",
                         state AS "state!: String", size_bytes AS "size_bytes?: i64", row_count AS "row_count?: i64",
                         sha256 AS "sha256?: String", reason AS "reason?: String", created_at AS "created_at!: i64",
                         ended_at AS "ended_at?: i64", expires_at AS "expires_at?: i64""#,
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        row.map(ExportJob::try_from).transpose()
    }

    async fn end_export(&self, id: Uuid, end: ExportEnd, at: UtcMillis) -> StoreResult<bool> {
        let (state, file, reason) = match end {
            ExportEnd::Ready(file, until) => ("ready", Some((file, until)), None),
            ExportEnd::Failed(code) => ("failed", None, Some(code)),
            ExportEnd::Cancelled => ("cancelled", None, None),
        };
        let expires_at = file.as_ref().map(|(_, until)| *until);
        let file = file.map(|(file, _)| file);
        let (bytes, rows) = (file.as_ref().map(|file| file.size_bytes), file.as_ref().map(|file| file.rows));
        let sha256 = file.map(|file| file.sha256);
        let mut tx = self.begin().await?;
        let done = sqlx::query!(
            "UPDATE export_jobs SET state = $1, reason = $2, ended_at = $3, expires_at = $4, size_bytes = $5,
                    row_count = $6, sha256 = $7
             WHERE id = $8 AND state IN ('queued', 'running')",
            state,
            reason,
            at,
            expires_at,
            bytes,
            rows,
            sha256,
            id,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(done.rows_affected() == 1)
    }

    async fn resume_exports(&self, most_tries: i64, at: UtcMillis) -> StoreResult<()> {
        let mut tx = self.begin().await?;
        sqlx::query!(
            "UPDATE export_jobs SET state = 'failed', reason = 'stopped', ended_at = $1
             WHERE state = 'running' AND tries >= $2",
            at,
            most_tries,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        sqlx::query!("UPDATE export_jobs SET state = 'queued' WHERE state = 'running'")
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    async fn expire_exports(&self, at: UtcMillis, most_bytes: i64) -> StoreResult<Vec<Uuid>> {
        let mut tx = self.begin().await?;
        let expired = sqlx::query_scalar!(
            r#"UPDATE export_jobs SET state = 'expired'
               WHERE id IN (SELECT k.id FROM (
                        SELECT j.id, j.expires_at,
                               CAST(sum(j.size_bytes) OVER (ORDER BY j.ended_at DESC, j.id) AS BIGINT) AS up_to
                        FROM export_jobs j WHERE j.state = 'ready') k
                      WHERE k.expires_at <= $1 OR k.up_to > $2)
               RETURNING id AS "id!: Uuid""#,
            at,
            most_bytes,
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(expired)
    }

    async fn ready_exports(&self) -> StoreResult<Vec<Uuid>> {
        sqlx::query_scalar!(r#"SELECT id AS "id: Uuid" FROM export_jobs WHERE state = 'ready'"#)
            .fetch_all(&self.read())
            .await
            .map_err(failed)
    }

    async fn forget_exports(&self, before: UtcMillis) -> StoreResult<()> {
        let mut tx = self.begin().await?;
        sqlx::query!(
            "DELETE FROM export_jobs WHERE state IN ('failed', 'cancelled', 'expired') AND ended_at < $1",
            before
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        tx.commit().await.map_err(failed)
    }
}
