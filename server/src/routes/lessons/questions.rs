//! `…/questions`: a member asks, and sees what became of their own questions. Nobody sees here what others ask.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{
    AskOutcome, LessonMillis, LessonPhase, NewQuestion, OPEN_QUESTIONS_MAX, QUESTIONS_MAX, Question,
    QuestionState, UtcMillis,
};

use crate::{
    auth::{LessonScope, Viewer},
    lesson_run::wrong_phase,
    problem::{ApiResult, Problem},
    routes::{extract::Body, text},
    state::AppState,
};

/// A question to ask.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QuestionIn {
    /// Any new UUID: the same question sent again is asked once.
    id: Uuid,
    /// One line of 1 to 200 characters.
    text: String,
}

/// One's own question.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MyQuestion {
    id: Uuid,
    text: String,
    asked_at: UtcMillis,
    /// Where the lesson was; `null` before its start.
    at_ms: Option<LessonMillis>,
    /// When the lecturer marked it as answered.
    answered_at: Option<UtcMillis>,
}

impl From<Question> for MyQuestion {
    /// That staff hid a question is not revealed.
    fn from(question: Question) -> Self {
        let Question { id, text, asked_at, at_ms, state, decided_at, .. } = question;
        let answered_at = decided_at.filter(|_| state == QuestionState::Answered);
        Self { id, text, asked_at, at_ms, answered_at }
    }
}

/// The viewer's questions in a lesson, the oldest first.
#[utoipa::path(get, path = "/api/lessons/{id}/questions", tag = "lessons", params(("id" = Uuid, Path)),
    responses((status = OK, body = Vec<MyQuestion>)))]
pub(super) async fn mine(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
) -> ApiResult<Json<Vec<MyQuestion>>> {
    let questions = app.store.questions(scope.lesson.id, Some(viewer.user.id)).await?;
    Ok(Json(questions.into_iter().map(MyQuestion::from).collect()))
}

/// Asks a question, before or during the lesson.
#[utoipa::path(post, path = "/api/lessons/{id}/questions", tag = "lessons", params(("id" = Uuid, Path)),
    request_body = QuestionIn,
    responses((status = OK, body = MyQuestion),
              (status = CONFLICT, description = "wrong_phase, question_there, too_many_open_questions, too_many_questions"),
              (status = TOO_MANY_REQUESTS, description = "question_too_soon"),
              (status = UNPROCESSABLE_ENTITY, description = "text_empty, text_too_long, text_characters")))]
pub(super) async fn ask(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Body(wish): Body<QuestionIn>,
) -> ApiResult<Json<MyQuestion>> {
    let (lesson, user) = (&scope.lesson, viewer.user.id);
    if !matches!(lesson.phase, LessonPhase::Planned | LessonPhase::Live) {
        return Err(wrong_phase(lesson.phase));
    }
    let text = text::question("text", &wish.text)?;
    let at = app.source.now();
    let zero_at = app.media.facts(lesson, at).zero_at.filter(|_| lesson.phase == LessonPhase::Live);
    let at_ms = zero_at.map(|zero_at| (at - zero_at).max(0));
    let new = NewQuestion { id: wish.id, lesson_id: lesson.id, user_id: user, text, at, at_ms };
    match app.store.ask_question(new).await? {
        AskOutcome::Done(figures) => app.rooms.talked(lesson.id, figures).await,
        AskOutcome::Known => {}
        refused => return Err(refusal(refused)),
    }
    let own = app.store.questions(lesson.id, Some(user)).await?;
    let asked = own.into_iter().find(|question| question.id == wish.id).ok_or_else(Problem::not_found)?;
    Ok(Json(asked.into()))
}

fn refusal(outcome: AskOutcome) -> Problem {
    match outcome {
        AskOutcome::TooManyOpen => {
            let sentence =
                format!("{OPEN_QUESTIONS_MAX} of your questions are still open. Wait for an answer.");
            Problem::conflict("too_many_open_questions", sentence).with("limit", OPEN_QUESTIONS_MAX)
        }
        AskOutcome::TooSoon(wait_ms) => {
            let seconds = u64::try_from(wait_ms).unwrap_or(0).div_ceil(1_000).max(1);
            let sentence = "You have just asked. Wait a moment before the next question.";
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "question_too_soon", sentence).retry_after(seconds)
        }
        AskOutcome::Full => {
            let sentence = format!("This lesson has {QUESTIONS_MAX} questions and takes no more.");
            Problem::conflict("too_many_questions", sentence).with("limit", QUESTIONS_MAX)
        }
        AskOutcome::Taken | AskOutcome::Known | AskOutcome::Done(_) => {
            Problem::conflict("question_there", "Another question has this id. Send it with a new one.")
        }
    }
}
