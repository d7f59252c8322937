//! What is done to a replay: edits, chapters.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use uuid::Uuid;
use yunke_store::{
    CHAPTERS_MAX, CaptionLanguage, CaptionsInfo, Chapter, ChapterChange, ChapterOutcome, LessonMillis,
    NewCaptions, NewChapter, Poster, REPLAY_EDITS_MAX, ReplayChange, ReplayEdit, ReplayOutcome, ReplayStore,
    SLIDE_TURNED_MS, StoreResult, Trim, UtcMillis,
};

use crate::{SqliteStore, attachment, error::failed, lesson_change::note};

/// All versions of a lesson's edit, the first one first.
pub(crate) async fn edits(on: &mut SqliteConnection, lesson_id: Uuid) -> StoreResult<Vec<ReplayEdit>> {
    let rows = sqlx::query!(
        r#"SELECT version, in_ms, out_ms, hidden AS "hidden: bool", changed_at FROM replay_edits
           WHERE lesson_id = ? ORDER BY version"#,
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

async fn taken(
    on: &mut SqliteConnection,
    lesson_id: Uuid,
    at_ms: LessonMillis,
    but: Uuid,
) -> StoreResult<bool> {
    let found = sqlx::query_scalar!(
        "SELECT count(*) FROM chapters WHERE lesson_id = ? AND at_ms = ? AND id <> ?",
        lesson_id,
        at_ms,
        but
    )
    .fetch_one(on)
    .await
    .map_err(failed)?;
    Ok(found > 0)
}

#[async_trait]
impl ReplayStore for SqliteStore {
    async fn edit_replay(&self, change: ReplayChange) -> StoreResult<ReplayOutcome> {
        let mut tx = self.begin().await?;
        let last = edits(&mut tx, change.lesson_id).await?.pop();
        let (trim, hidden) = last.map_or((Trim::default(), false), |last| (last.trim, last.hidden));
        let version = last.map_or(0, |last| last.version) + 1;
        let (new_trim, new_hidden) = (change.trim.unwrap_or(trim), change.hidden.unwrap_or(hidden));
        if (new_trim, new_hidden) == (trim, hidden) {
            return Ok(ReplayOutcome::Already);
        }
        if version > REPLAY_EDITS_MAX {
            return Ok(ReplayOutcome::Full);
        }
        sqlx::query!(
            "INSERT INTO replay_edits (lesson_id, version, in_ms, out_ms, hidden, changed_by, changed_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
            change.lesson_id,
            version,
            new_trim.in_ms,
            new_trim.out_ms,
            new_hidden,
            change.actor_id,
            change.at
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        let detail = serde_json::json!({
            "version": version, "in_ms": new_trim.in_ms, "out_ms": new_trim.out_ms, "hidden": new_hidden,
        });
        note(&mut tx, change.lesson_id, "replay.edit", Some(change.actor_id), change.at, detail).await?;
        tx.commit().await.map_err(failed)?;
        Ok(ReplayOutcome::Done)
    }

    async fn chapters(&self, lesson_id: Uuid) -> StoreResult<Vec<Chapter>> {
        sqlx::query_as!(
            Chapter,
            r#"SELECT id AS "id: Uuid", at_ms, title, from_slides AS "from_slides: bool" FROM chapters
               WHERE lesson_id = ? ORDER BY at_ms"#,
            lesson_id
        )
        .fetch_all(&self.read)
        .await
        .map_err(failed)
    }

    async fn add_chapter(&self, new: NewChapter) -> StoreResult<ChapterOutcome> {
        let NewChapter { lesson_id, chapter, actor_id, at } = new;
        let mut tx = self.begin().await?;
        if chapter.from_slides {
            let since = chapter.at_ms - SLIDE_TURNED_MS;
            sqlx::query!(
                "DELETE FROM chapters WHERE lesson_id = ? AND from_slides = 1 AND at_ms > ? AND at_ms <= ?",
                lesson_id,
                since,
                chapter.at_ms
            )
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        }
        let count = sqlx::query_scalar!("SELECT count(*) FROM chapters WHERE lesson_id = ?", lesson_id)
            .fetch_one(&mut *tx)
            .await
            .map_err(failed)?;
        if taken(&mut tx, lesson_id, chapter.at_ms, chapter.id).await? {
            return Ok(ChapterOutcome::Taken);
        }
        if count >= CHAPTERS_MAX {
            return Ok(ChapterOutcome::Full);
        }
        sqlx::query!(
            "INSERT INTO chapters (id, lesson_id, at_ms, title, from_slides) VALUES (?, ?, ?, ?, ?)",
            chapter.id,
            lesson_id,
            chapter.at_ms,
            chapter.title,
            chapter.from_slides
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        let detail = serde_json::json!({
            "id": chapter.id, "at_ms": chapter.at_ms, "title": chapter.title, "from_slides": chapter.from_slides,
        });
        note(&mut tx, lesson_id, "chapter.add", Some(actor_id), at, detail).await?;
        tx.commit().await.map_err(failed)?;
        Ok(ChapterOutcome::Done)
    }

    async fn change_chapter(&self, change: ChapterChange) -> StoreResult<ChapterOutcome> {
        let ChapterChange { lesson_id, id, at_ms, title, actor_id, at } = change;
        let mut tx = self.begin().await?;
        if let Some(at_ms) = at_ms
            && taken(&mut tx, lesson_id, at_ms, id).await?
        {
            return Ok(ChapterOutcome::Taken);
        }
        let done = sqlx::query!(
            "UPDATE chapters SET at_ms = coalesce(?, at_ms), title = coalesce(?, title)
             WHERE id = ? AND lesson_id = ?",
            at_ms,
            title,
            id,
            lesson_id
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        if done.rows_affected() == 0 {
            return Ok(ChapterOutcome::NotFound);
        }
        let detail = serde_json::json!({ "id": id, "at_ms": at_ms, "title": title });
        note(&mut tx, lesson_id, "chapter.change", Some(actor_id), at, detail).await?;
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
        let done = sqlx::query!("DELETE FROM chapters WHERE id = ? AND lesson_id = ?", id, lesson_id)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        if done.rows_affected() == 0 {
            return Ok(ChapterOutcome::NotFound);
        }
        let detail = serde_json::json!({ "id": id });
        note(&mut tx, lesson_id, "chapter.remove", Some(actor_id), at, detail).await?;
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
