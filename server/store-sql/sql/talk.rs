//! Questions and private notes.

use async_trait::async_trait;
use uuid::Uuid;
use yunke_store::{
    AskOutcome, NOTES_KEPT, NewPrivateNote, NewQuestion, PrivateNote, Question, Settle, StoreResult,
    TalkFigures, TalkOutcome, TalkStore, TextEnum as _, UtcMillis,
    decide::talk::{self, AskFacts, NoteFacts},
};

use super::operation::audit;
use crate::db::{Connection, SqlStore};
use crate::error::{failed, word};

async fn figures(on: &mut Connection, lesson_id: Uuid) -> StoreResult<TalkFigures> {
    sqlx::query_as!(
        TalkFigures,
        r#"SELECT coalesce((SELECT revision FROM talks WHERE lesson_id = $1), 0) AS "revision!: i64",
                  count(*) FILTER (WHERE state <> 'hidden') AS "asked!: i64",
                  count(*) FILTER (WHERE state = 'open') AS "open!: i64",
                  count(*) FILTER (WHERE state = 'answered') AS "answered!: i64"
           FROM questions WHERE lesson_id = $1"#,
        lesson_id
    )
    .fetch_one(on)
    .await
    .map_err(failed)
}

/// Counts a change; gives the figures with it.
async fn changed(on: &mut Connection, lesson_id: Uuid) -> StoreResult<TalkFigures> {
    sqlx::query!(
        "INSERT INTO talks (lesson_id, revision) VALUES ($1, 1)
         ON CONFLICT (lesson_id) DO UPDATE SET revision = talks.revision + 1",
        lesson_id
    )
    .execute(&mut *on)
    .await
    .map_err(failed)?;
    figures(on, lesson_id).await
}

async fn ask_facts(on: &mut Connection, new: &NewQuestion) -> StoreResult<AskFacts> {
    let same = sqlx::query!(
        r#"SELECT lesson_id AS "lesson_id: Uuid", user_id AS "user_id: Uuid" FROM questions WHERE id = $1"#,
        new.id
    )
    .fetch_optional(&mut *on)
    .await
    .map_err(failed)?;
    let there = sqlx::query!(
        r#"SELECT max(asked_at) FILTER (WHERE user_id = $2) AS "own_last_at: UtcMillis",
                  count(*) FILTER (WHERE user_id = $2 AND state = 'open') AS "own_open!: i64",
                  count(*) AS "in_lesson!: i64"
           FROM questions WHERE lesson_id = $1"#,
        new.lesson_id,
        new.user_id
    )
    .fetch_one(on)
    .await
    .map_err(failed)?;
    Ok(AskFacts {
        same_id: same.map(|same| (same.lesson_id, same.user_id)),
        own_open: there.own_open,
        own_last_at: there.own_last_at,
        in_lesson: there.in_lesson,
    })
}

#[async_trait]
impl TalkStore for SqlStore {
    async fn talk_figures(&self, lesson_id: Uuid) -> StoreResult<TalkFigures> {
        let mut on = self.read().acquire().await.map_err(failed)?;
        figures(&mut on, lesson_id).await
    }

    async fn questions(&self, lesson_id: Uuid, of: Option<Uuid>) -> StoreResult<Vec<Question>> {
        let rows = sqlx::query!(
            r#"SELECT q.id AS "id: Uuid", q.user_id AS "user_id: Uuid", u.name AS user_name, q.text, q.asked_at,
                      q.at_ms, q.state, q.decided_at, d.name AS "decided_by?"
               FROM questions q JOIN users u ON u.id = q.user_id LEFT JOIN users d ON d.id = q.decided_by
               WHERE q.lesson_id = $1 AND (q.user_id = $2 OR $2 IS NULL) ORDER BY q.asked_at, q.id"#,
            lesson_id,
            of
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)?;
        rows.into_iter()
            .map(|row| {
                Ok(Question {
                    id: row.id,
                    user_id: row.user_id,
                    user_name: row.user_name,
                    text: row.text,
                    asked_at: row.asked_at,
                    at_ms: row.at_ms,
                    state: word(&row.state)?,
                    decided_at: row.decided_at,
                    decided_by: row.decided_by,
                })
            })
            .collect()
    }

    async fn ask_question(&self, new: NewQuestion) -> StoreResult<AskOutcome> {
        let mut tx = self.begin().await?;
        if let Err(outcome) = talk::ask(&ask_facts(&mut tx, &new).await?, &new) {
            return Ok(outcome);
        }
        sqlx::query!(
            "INSERT INTO questions (id, lesson_id, user_id, text, asked_at, at_ms) VALUES ($1, $2, $3, $4, $5, $6)",
            new.id,
            new.lesson_id,
            new.user_id,
            new.text,
            new.at,
            new.at_ms
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        let figures = changed(&mut tx, new.lesson_id).await?;
        tx.commit().await.map_err(failed)?;
        Ok(AskOutcome::Done(figures))
    }

    async fn settle_question(&self, settle: Settle) -> StoreResult<TalkOutcome> {
        let Settle { lesson_id, id, .. } = settle;
        let mut tx = self.begin().await?;
        let before = sqlx::query_scalar!(
            "SELECT state FROM questions WHERE id = $1 AND lesson_id = $2",
            id,
            lesson_id
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed)?
        .map(|state| word(&state))
        .transpose()?;
        let settled = match talk::settle(before, &settle) {
            Ok(settled) => settled,
            Err(outcome) => return Ok(outcome),
        };
        let state = settled.state.as_str();
        sqlx::query!(
            "UPDATE questions SET state = $1, decided_at = $2, decided_by = $3 WHERE id = $4",
            state,
            settled.decided_at,
            settled.decided_by,
            id
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        audit(&mut tx, &settled.audit).await?;
        let figures = changed(&mut tx, lesson_id).await?;
        tx.commit().await.map_err(failed)?;
        Ok(TalkOutcome::Done(figures))
    }

    async fn private_notes(&self, lesson_id: Uuid) -> StoreResult<Vec<PrivateNote>> {
        sqlx::query_as!(
            PrivateNote,
            r#"SELECT n.id AS "id: Uuid", n.text, n.written_by AS "written_by: Uuid", w.name AS writer_name,
                      n.written_at, n.read_at, r.name AS "read_by?"
               FROM private_notes n JOIN users w ON w.id = n.written_by LEFT JOIN users r ON r.id = n.read_by
               WHERE n.lesson_id = $1 ORDER BY n.written_at DESC, n.id DESC"#,
            lesson_id
        )
        .fetch_all(&self.read())
        .await
        .map_err(failed)
    }

    async fn write_private_note(&self, new: NewPrivateNote) -> StoreResult<TalkFigures> {
        let line = talk::write_note(&new);
        let NewPrivateNote { id, lesson_id, text, actor_id, at } = new;
        let mut tx = self.begin().await?;
        sqlx::query!(
            "INSERT INTO private_notes (id, lesson_id, text, written_by, written_at) VALUES ($1, $2, $3, $4, $5)",
            id,
            lesson_id,
            text,
            actor_id,
            at
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        sqlx::query!(
            "DELETE FROM private_notes WHERE lesson_id = $1 AND id NOT IN
             (SELECT id FROM private_notes WHERE lesson_id = $1 ORDER BY written_at DESC, id DESC LIMIT $2)",
            lesson_id,
            NOTES_KEPT
        )
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        audit(&mut tx, &line).await?;
        let figures = changed(&mut tx, lesson_id).await?;
        tx.commit().await.map_err(failed)?;
        Ok(figures)
    }

    async fn read_private_note(
        &self,
        lesson_id: Uuid,
        id: Uuid,
        actor_id: Uuid,
        at: UtcMillis,
    ) -> StoreResult<TalkOutcome> {
        let mut tx = self.begin().await?;
        let facts = sqlx::query_as!(
            NoteFacts,
            "SELECT read_at FROM private_notes WHERE id = $1 AND lesson_id = $2",
            id,
            lesson_id
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed)?;
        if let Err(outcome) = talk::read_note(facts) {
            return Ok(outcome);
        }
        sqlx::query!("UPDATE private_notes SET read_at = $1, read_by = $2 WHERE id = $3", at, actor_id, id)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        let figures = changed(&mut tx, lesson_id).await?;
        tx.commit().await.map_err(failed)?;
        Ok(TalkOutcome::Done(figures))
    }
}
