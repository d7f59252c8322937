//! Runs, the audit log, and the database's own health.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_store::{
    AuditEntry, AuditFilter, AuditLine, ClockChange, OperationStore, Page, RunClock, ServerRun, StoreResult,
    UtcMillis,
};

use crate::db::{Connection, SqlStore};
use crate::error::failed;

/// A line of the audit log.
pub(crate) async fn audit(on: &mut Connection, entry: &AuditEntry) -> StoreResult<()> {
    sqlx::query!(
        "INSERT INTO audit_log (at, actor_id, action, subject_kind, subject_id, detail) VALUES ($1, $2, $3, $4, $5, $6)",
        entry.at,
        entry.actor_id,
        entry.action,
        entry.subject_kind,
        entry.subject_id,
        entry.detail,
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(())
}

/// A row of `server_runs`.
struct Run {
    id: Uuid,
    started_at: i64,
    last_alive_at: i64,
    stopped_at: Option<i64>,
    boot: Option<Uuid>,
    anchor_at: Option<i64>,
}

impl From<Run> for ServerRun {
    fn from(run: Run) -> Self {
        let Run { id, started_at, last_alive_at, stopped_at, boot, anchor_at } = run;
        let clock = anchor_at.map(|anchor| RunClock { boot, anchor });
        Self { id, started_at, last_alive_at, stopped_at, clock }
    }
}

async fn begin(on: &mut Connection, id: Uuid, at: UtcMillis, clock: RunClock) -> StoreResult<()> {
    sqlx::query!(
        "INSERT INTO server_runs (id, started_at, last_alive_at, boot, anchor_at) VALUES ($1, $2, $3, $4, $5)",
        id,
        at,
        at,
        clock.boot,
        clock.anchor,
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(())
}

/// A sign of life.
pub(crate) async fn keep(on: &mut Connection, id: Uuid, at: UtcMillis) -> StoreResult<()> {
    sqlx::query!(
        "UPDATE server_runs SET last_alive_at = CASE WHEN last_alive_at < $1 THEN $1 ELSE last_alive_at END
         WHERE seq = (SELECT max(seq) FROM server_runs WHERE id = $2)",
        at,
        id
    )
    .execute(on)
    .await
    .map_err(failed)?;
    Ok(())
}

#[async_trait]
impl OperationStore for SqlStore {
    async fn begin_run(&self, id: Uuid, at: UtcMillis, clock: RunClock) -> StoreResult<()> {
        let mut connection = self.write().acquire().await.map_err(failed)?;
        begin(&mut connection, id, at, clock).await
    }

    async fn last_run(&self) -> StoreResult<Option<ServerRun>> {
        let last = sqlx::query_as!(
            Run,
            "SELECT id, started_at, last_alive_at, stopped_at, boot, anchor_at FROM server_runs
             ORDER BY seq DESC LIMIT 1",
        )
        .fetch_optional(&self.read())
        .await
        .map_err(failed)?;
        Ok(last.map(ServerRun::from))
    }

    async fn change_clock(&self, id: Uuid, change: ClockChange) -> StoreResult<()> {
        let mut tx = self.begin().await?;
        keep(&mut tx, id, change.from).await?;
        begin(&mut tx, id, change.to, change.clock).await?;
        let by = change.to - change.from;
        sqlx::query!(
            "UPDATE sessions SET created_at = created_at + $1, seen_at = seen_at + $1, expires_at = expires_at + $1",
            by
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    async fn keep_run(&self, id: Uuid, at: UtcMillis) -> StoreResult<()> {
        let mut connection = self.write().acquire().await.map_err(failed)?;
        keep(&mut connection, id, at).await
    }

    async fn note_outage(
        &self,
        id: Uuid,
        from: UtcMillis,
        to: UtcMillis,
        clock: RunClock,
    ) -> StoreResult<()> {
        let mut tx = self.begin().await?;
        begin(&mut tx, id, from, clock).await?;
        begin(&mut tx, id, to, clock).await?;
        tx.commit().await.map_err(failed)
    }

    async fn end_run(&self, id: Uuid, at: UtcMillis) -> StoreResult<()> {
        sqlx::query!(
            "UPDATE server_runs SET last_alive_at = CASE WHEN last_alive_at < $1 THEN $1 ELSE last_alive_at END,
                    stopped_at = $1
             WHERE seq = (SELECT max(seq) FROM server_runs WHERE id = $2)",
            at,
            id
        )
        .execute(&self.write())
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn runs(&self, from: UtcMillis, until: UtcMillis) -> StoreResult<Vec<ServerRun>> {
        let runs = sqlx::query_as!(
            Run,
            "SELECT id, started_at, last_alive_at, stopped_at, boot, anchor_at FROM server_runs
             WHERE started_at < $1 AND last_alive_at >= $2 ORDER BY seq",
            until,
            from,
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)?;
        Ok(runs.into_iter().map(ServerRun::from).collect())
    }

    async fn audit(&self, entry: AuditEntry) -> StoreResult<()> {
        let mut connection = self.write().acquire().await.map_err(failed)?;
        audit(&mut connection, &entry).await
    }

    async fn audit_lines(&self, filter: &AuditFilter, page: Page) -> StoreResult<Vec<AuditLine>> {
        let rows = sqlx::query!(
            r#"SELECT a.at, a.actor_id, a.action, a.subject_kind, a.subject_id, a.detail,
                      w.name AS "actor_name?: String",
                      CASE a.subject_kind WHEN 'person' THEN (SELECT s.name FROM users s WHERE s.id = a.subject_id)
                                          WHEN 'lesson' THEN (SELECT s.title FROM lessons s WHERE s.id = a.subject_id)
                                          WHEN 'unit' THEN (SELECT s.name FROM units s WHERE s.id = a.subject_id)
                                          WHEN 'series' THEN (SELECT s.title FROM series s WHERE s.id = a.subject_id)
                                          WHEN 'episode' THEN (SELECT s.title FROM episodes s WHERE s.id = a.subject_id)
                      END AS "subject_name?: String"
               FROM audit_log a LEFT JOIN users w ON w.id = a.actor_id
               WHERE a.at >= $1 AND a.at < $2 AND (a.actor_id = $3 OR $3 IS NULL)
                 AND (substr(a.action, 1, length($4)) = $4 OR $4 IS NULL) AND (a.subject_id = $5 OR $5 IS NULL)
               ORDER BY a.id DESC LIMIT $6 OFFSET $7"#,
            filter.from,
            filter.until,
            filter.actor_id,
            filter.action,
            filter.subject_id,
            page.limit,
            page.offset,
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)?;
        Ok(rows
            .into_iter()
            .map(|row| AuditLine {
                entry: AuditEntry {
                    at: row.at,
                    actor_id: row.actor_id,
                    action: row.action,
                    subject_kind: row.subject_kind,
                    subject_id: row.subject_id,
                    detail: row.detail,
                },
                actor_name: row.actor_name,
                subject_name: row.subject_name,
            })
            .collect())
    }

    async fn audit_of(&self, subject_id: Uuid, page: Page) -> StoreResult<Vec<AuditEntry>> {
        sqlx::query_as!(
            AuditEntry,
            "SELECT at, actor_id, action, subject_kind, subject_id, detail FROM audit_log
             WHERE subject_id = $1 ORDER BY id LIMIT $2 OFFSET $3",
            subject_id,
            page.limit,
            page.offset,
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)
    }

    async fn check(&self) -> StoreResult<()> {
        // Nothing changes, but a lock is taken: a full disk or a stuck writer shows.
        let tx = self.begin().await?;
        tx.rollback().await.map_err(failed)
    }

    async fn close(&self) {
        self.read().close().await;
        self.write().close().await;
    }
}
