//! What media nodes need to know of lessons, and what they report.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_store::{
    LessonPhase, MediaOutcome, MediaReport, MediaStore, StoreResult, StreamTarget, UtcMillis,
    decide::media::{self, MediaFacts, Timeline},
};

use super::{leases, lesson::gaps};
use crate::db::{Connection, SqlStore};
use crate::error::{failed, word};

async fn target(
    on: &mut Connection,
    lesson_id: Uuid,
    phase: &str,
    key_version: i64,
    zero_at: Option<UtcMillis>,
) -> StoreResult<StreamTarget> {
    let phase: LessonPhase = word(phase)?;
    let gaps = if phase == LessonPhase::Planned { Vec::new() } else { gaps(on, lesson_id).await? };
    Ok(StreamTarget { lesson_id, phase, key_version, zero_at, gaps })
}

async fn facts(on: &mut Connection, lesson_id: Uuid) -> StoreResult<Option<MediaFacts>> {
    let row = sqlx::query!(
        r#"SELECT phase, zero_at, edge_ms, length_ms, replay_ready AS "replay_ready: bool"
           FROM lessons WHERE id = $1"#,
        lesson_id
    )
    .fetch_optional(&mut *on)
    .await
    .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let timeline = Timeline {
        zero_at: row.zero_at,
        edge_ms: row.edge_ms,
        length_ms: row.length_ms,
        replay_ready: row.replay_ready,
    };
    Ok(Some(MediaFacts { phase: word(&row.phase)?, timeline, gaps: gaps(on, lesson_id).await? }))
}

async fn take(on: &mut Connection, report: &MediaReport) -> StoreResult<()> {
    let facts = facts(on, report.lesson_id).await?;
    let reported = media::report(facts.as_ref(), report);
    if let Some(Timeline { zero_at, edge_ms, length_ms, replay_ready }) = reported.timeline {
        sqlx::query!(
            "UPDATE lessons SET zero_at = $1, edge_ms = $2, length_ms = $3, replay_ready = $4 WHERE id = $5",
            zero_at,
            edge_ms,
            length_ms,
            replay_ready,
            report.lesson_id,
        )
        .execute(&mut *on)
        .await
        .map_err(failed)?;
    }
    for gap in reported.gaps {
        sqlx::query!(
            "INSERT INTO lesson_gaps (lesson_id, from_ms, to_ms) VALUES ($1, $2, $3)
             ON CONFLICT (lesson_id, from_ms) DO UPDATE SET to_ms = excluded.to_ms",
            report.lesson_id,
            gap.from,
            gap.to
        )
        .execute(&mut *on)
        .await
        .map_err(failed)?;
    }
    Ok(())
}

#[async_trait]
impl MediaStore for SqlStore {
    async fn lesson_target(&self, lesson_id: Uuid) -> StoreResult<Option<StreamTarget>> {
        let mut tx = self.begin_snapshot().await?;
        let row =
            sqlx::query!("SELECT phase, stream_key_version, zero_at FROM lessons WHERE id = $1", lesson_id)
                .fetch_optional(&mut *tx)
                .await
                .map_err(failed)?;
        match row {
            Some(row) => {
                target(&mut tx, lesson_id, &row.phase, row.stream_key_version, row.zero_at).await.map(Some)
            }
            None => Ok(None),
        }
    }

    async fn stream_target(&self, key_hash: &[u8; 32]) -> StoreResult<Option<StreamTarget>> {
        let mut tx = self.begin_snapshot().await?;
        let key = key_hash.as_slice();
        let row = sqlx::query!(
            "SELECT id, phase, stream_key_version, zero_at FROM lessons WHERE stream_key_hash = $1",
            key
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed)?;
        match row {
            Some(row) => {
                target(&mut tx, row.id, &row.phase, row.stream_key_version, row.zero_at).await.map(Some)
            }
            None => Ok(None),
        }
    }

    async fn media_targets(&self, from: UtcMillis, until: UtcMillis) -> StoreResult<Vec<StreamTarget>> {
        let mut tx = self.begin_snapshot().await?;
        let rows = sqlx::query!(
            "SELECT id, phase, stream_key_version, zero_at FROM lessons
             WHERE phase = 'live'
                OR (phase = 'planned' AND (stream_key_hash IS NOT NULL OR stream_key_version > 0)
                    AND planned_start_at >= $1 AND planned_start_at < $2)
                OR (phase = 'ended' AND NOT replay_ready AND ended_at >= $1
                    AND (stream_key_hash IS NOT NULL OR stream_key_version > 0))
             ORDER BY planned_start_at, id",
            from,
            until
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(failed)?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            found.push(target(&mut tx, row.id, &row.phase, row.stream_key_version, row.zero_at).await?);
        }
        Ok(found)
    }

    async fn revoked_leases(&self, now: UtcMillis, limit: u32) -> StoreResult<Vec<Uuid>> {
        leases::revoked(self, now, limit).await
    }

    async fn store_media(
        &self,
        node: &str,
        boot: Uuid,
        version: i64,
        reports: &[MediaReport],
        at: UtcMillis,
    ) -> StoreResult<MediaOutcome> {
        let mut tx = self.begin().await?;
        let last =
            sqlx::query!(r#"SELECT boot AS "boot: Uuid", version FROM media_nodes WHERE node = $1"#, node)
                .fetch_optional(&mut *tx)
                .await
                .map_err(failed)?;
        if !media::is_news(last.map(|last| (last.boot, last.version)), boot, version) {
            return Ok(MediaOutcome::Stale);
        }
        sqlx::query!(
            "INSERT INTO media_nodes (node, boot, version, seen_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (node) DO UPDATE SET boot = excluded.boot, version = excluded.version, seen_at = excluded.seen_at",
            node,
            boot,
            version,
            at,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        for report in reports {
            take(&mut tx, report).await?;
        }
        tx.commit().await.map_err(failed)?;
        Ok(MediaOutcome::Stored)
    }
}
