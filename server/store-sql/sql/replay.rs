//! What is done to a replay: edits, chapters.

use async_trait::async_trait;
use sqlx::Executor;
use uuid::Uuid;
use yunke_store::{
    CaptionLanguage, CaptionsInfo, Chapter, ChapterChange, ChapterOutcome, NewCaptions, NewChapter, Poster,
    ReplayChange, ReplayEdit, ReplayOutcome, ReplayStore, StoreResult, Trim, UtcMillis, decide,
};

use super::{attachment, operation::audit};
use crate::db::{Connection, Db, SqlStore};
use crate::error::failed;

/// All versions of a lesson's edit, the first one first.
pub(crate) async fn edits(on: &mut Connection, lesson_id: Uuid) -> StoreResult<Vec<ReplayEdit>> {
    let rows = sqlx::query!(
        r#"SELECT version, in_ms, out_ms, hidden AS "hidden: bool", changed_at FROM replay_edits
           WHERE lesson_id = $1 ORDER BY version"#,
        lesson_id
    )
    .fetch_all(on)
    .await
    .map_err(failed)?;
    let edit = |version, in_ms, out_ms, hidden, changed_at| ReplayEdit {
        version,
        trim: Trim { in_ms, out_ms },
        hidden,
        changed_at,
    };
    Ok(rows
        .into_iter()
        .map(|row| edit(row.version, row.in_ms, row.out_ms, row.hidden, row.changed_at))
        .collect())
}

/// Chapters of a lesson, in order of the timeline.
async fn chapters(on: impl Executor<'_, Database = Db>, lesson_id: Uuid) -> StoreResult<Vec<Chapter>> {
    sqlx::query_as!(
        Chapter,
        r#"SELECT id AS "id: Uuid", at_ms, title, from_slides AS "from_slides: bool" FROM chapters
           WHERE lesson_id = $1 ORDER BY at_ms"#,
        lesson_id
    )
    .fetch_all(on)
    .await
    .map_err(failed)
}

#[async_trait]
impl ReplayStore for SqlStore {
    async fn edit_replay(&self, change: ReplayChange) -> StoreResult<ReplayOutcome> {
        let mut tx = self.begin().await?;
        let last = edits(&mut tx, change.lesson_id).await?.pop();
        let edited = match decide::replay::edit(last.as_ref(), &change) {
            Ok(edited) => edited,
            Err(outcome) => return Ok(outcome),
        };
        let ReplayEdit { version, trim, hidden, changed_at } = edited.edit;
        sqlx::query!(
            "INSERT INTO replay_edits (lesson_id, version, in_ms, out_ms, hidden, changed_by, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            change.lesson_id,
            version,
            trim.in_ms,
            trim.out_ms,
            hidden,
            change.actor_id,
            changed_at
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        audit(&mut tx, &edited.audit).await?;
        tx.commit().await.map_err(failed)?;
        Ok(ReplayOutcome::Done)
    }

    async fn chapters(&self, lesson_id: Uuid) -> StoreResult<Vec<Chapter>> {
        chapters(&self.read(), lesson_id).await
    }

    async fn add_chapter(&self, new: NewChapter) -> StoreResult<ChapterOutcome> {
        let mut tx = self.begin().await?;
        let added = match decide::replay::add_chapter(&chapters(&mut *tx, new.lesson_id).await?, &new) {
            Ok(added) => added,
            Err(outcome) => return Ok(outcome),
        };
        for id in added.replaces {
            sqlx::query!("DELETE FROM chapters WHERE id = $1", id).execute(&mut *tx).await.map_err(failed)?;
        }
        let NewChapter { lesson_id, chapter, .. } = new;
        sqlx::query!(
            "INSERT INTO chapters (id, lesson_id, at_ms, title, from_slides) VALUES ($1, $2, $3, $4, $5)",
            chapter.id,
            lesson_id,
            chapter.at_ms,
            chapter.title,
            chapter.from_slides
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        audit(&mut tx, &added.audit).await?;
        tx.commit().await.map_err(failed)?;
        Ok(ChapterOutcome::Done)
    }

    async fn change_chapter(&self, change: ChapterChange) -> StoreResult<ChapterOutcome> {
        let ChapterChange { lesson_id, id, .. } = change;
        let mut tx = self.begin().await?;
        let changed = match decide::replay::change_chapter(&chapters(&mut *tx, lesson_id).await?, change) {
            Ok(changed) => changed,
            Err(outcome) => return Ok(outcome),
        };
        sqlx::query!(
            "UPDATE chapters SET at_ms = $1, title = $2 WHERE id = $3",
            changed.at_ms,
            changed.title,
            id
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        audit(&mut tx, &changed.audit).await?;
        tx.commit().await.map_err(failed)?;
        Ok(ChapterOutcome::Done)
    }

    async fn remove_chapter(
        &self,
        lesson_id: Uuid,
        id: Uuid,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<ChapterOutcome> {
        let mut tx = self.begin().await?;
        let done = sqlx::query!("DELETE FROM chapters WHERE id = $1 AND lesson_id = $2", id, lesson_id)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        if done.rows_affected() == 0 {
            return Ok(ChapterOutcome::NotFound);
        }
        audit(&mut tx, &decide::replay::remove_chapter(lesson_id, id, actor_id, at)).await?;
        tx.commit().await.map_err(failed)?;
        Ok(ChapterOutcome::Done)
    }

    async fn captions(&self, lesson_id: Uuid) -> StoreResult<Vec<CaptionsInfo>> {
        attachment::captions(self, lesson_id).await
    }

    async fn captions_text(&self, lesson_id: Uuid, language: CaptionLanguage) -> StoreResult<Option<String>> {
        attachment::captions_text(self, lesson_id, language).await
    }

    async fn set_captions(&self, new: NewCaptions) -> StoreResult<()> {
        attachment::set_captions(self, new).await
    }

    async fn remove_captions(
        &self,
        lesson_id: Uuid,
        language: CaptionLanguage,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<bool> {
        attachment::remove_captions(self, lesson_id, language, actor_id, at).await
    }

    async fn poster(&self, lesson_id: Uuid) -> StoreResult<Option<Poster>> {
        attachment::poster(self, lesson_id).await
    }

    async fn set_poster(
        &self,
        lesson_id: Uuid,
        poster: Option<Poster>,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<()> {
        attachment::set_poster(self, lesson_id, poster, actor_id, at).await
    }
}
