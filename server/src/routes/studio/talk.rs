//! The discussion of a lesson, for its staff: the questions with names, and the private notes. Every change
//! is answered with all of it.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{
    LessonMillis, LessonPhase, PrivateNote, Question, QuestionState, Settle, TalkOutcome, UtcMillis,
};

use crate::{
    auth::{LessonScope, Viewer},
    lesson_run::wrong_phase,
    problem::{ApiResult, Problem},
    routes::extract::{Body, Path},
    state::AppState,
};

/// Questions and notes of a lesson.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Talk {
    /// Grows with every change; the room tells the newest one.
    revision: i64,
    /// The oldest first.
    questions: Vec<MemberQuestion>,
    /// The newest first.
    notes: Vec<NoteView>,
}

/// A question with its member.
#[derive(Debug, Serialize, ToSchema)]
struct MemberQuestion {
    id: Uuid,
    member_id: Uuid,
    member_name: String,
    text: String,
    asked_at: UtcMillis,
    /// Where the lesson was; `null` before its start.
    at_ms: Option<LessonMillis>,
    state: QuestionState,
    decided_at: Option<UtcMillis>,
    decided_by: Option<String>,
}

/// A private note to the lecturer.
#[derive(Debug, Serialize, ToSchema)]
struct NoteView {
    id: Uuid,
    text: String,
    writer_name: String,
    written_at: UtcMillis,
    read_at: Option<UtcMillis>,
    read_by: Option<String>,
}

impl Talk {
    /// The whole discussion. The revision is read first: what changes meanwhile is announced under a newer
    /// one.
    pub(crate) async fn of(app: &AppState, lesson: Uuid) -> ApiResult<Json<Self>> {
        let revision = app.store.talk_figures(lesson).await?.revision;
        let questions = app.store.questions(lesson, None).await?.into_iter().map(question).collect();
        let notes = app.store.private_notes(lesson).await?.into_iter().map(note).collect();
        Ok(Json(Self { revision, questions, notes }))
    }
}

fn question(question: Question) -> MemberQuestion {
    let Question { id, user_id, user_name, text, asked_at, at_ms, state, decided_at, decided_by } = question;
    let (member_id, member_name) = (user_id, user_name);
    MemberQuestion { id, member_id, member_name, text, asked_at, at_ms, state, decided_at, decided_by }
}

fn note(note: PrivateNote) -> NoteView {
    let PrivateNote { id, text, written_by: _, writer_name, written_at, read_at, read_by } = note;
    NoteView { id, text, writer_name, written_at, read_at, read_by }
}

/// What becomes of a question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Decision {
    state: QuestionState,
}

/// Which question.
#[derive(Debug, Deserialize)]
pub(super) struct QuestionPath {
    question_id: Uuid,
}

/// Which note.
#[derive(Debug, Deserialize)]
pub(super) struct NotePath {
    note_id: Uuid,
}

/// Questions and private notes of a lesson.
#[utoipa::path(get, path = "/api/studio/lessons/{id}/talk", tag = "studio", params(("id" = Uuid, Path)),
    responses((status = OK, body = Talk)))]
pub(super) async fn talk(State(app): State<AppState>, scope: LessonScope) -> ApiResult<Json<Talk>> {
    Talk::of(&app, scope.lesson.id).await
}

/// Marks a question as answered, hides it, or opens it again.
#[utoipa::path(put, path = "/api/studio/lessons/{id}/questions/{question_id}", tag = "studio",
    params(("id" = Uuid, Path), ("question_id" = Uuid, Path)), request_body = Decision,
    responses((status = OK, body = Talk), (status = CONFLICT, description = "wrong_phase: it was cancelled")))]
pub(super) async fn settle(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Path(place): Path<QuestionPath>,
    Body(wish): Body<Decision>,
) -> ApiResult<Json<Talk>> {
    let lesson_id = scope.lesson.id;
    if scope.lesson.phase == LessonPhase::Cancelled {
        return Err(wrong_phase(scope.lesson.phase));
    }
    let (actor_id, at) = (viewer.user.id, app.source.now());
    let settle = Settle { lesson_id, id: place.question_id, state: wish.state, actor_id, at };
    done(&app, lesson_id, app.store.settle_question(settle).await?).await?;
    Talk::of(&app, lesson_id).await
}

/// Marks a private note as read.
#[utoipa::path(put, path = "/api/studio/lessons/{id}/notes/{note_id}/read", tag = "studio",
    params(("id" = Uuid, Path), ("note_id" = Uuid, Path)), responses((status = OK, body = Talk)))]
pub(super) async fn read(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Path(place): Path<NotePath>,
) -> ApiResult<Json<Talk>> {
    let lesson_id = scope.lesson.id;
    let (actor_id, at) = (viewer.user.id, app.source.now());
    let outcome = app.store.read_private_note(lesson_id, place.note_id, actor_id, at).await?;
    done(&app, lesson_id, outcome).await?;
    Talk::of(&app, lesson_id).await
}

async fn done(app: &AppState, lesson: Uuid, outcome: TalkOutcome) -> ApiResult<()> {
    match outcome {
        TalkOutcome::Done(figures) => app.rooms.talked(lesson, figures).await,
        TalkOutcome::Already => {}
        TalkOutcome::NotFound => return Err(Problem::not_found()),
    }
    Ok(())
}
