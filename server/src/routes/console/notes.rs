//! `POST /api/console/lessons/{id}/notes`: a private note of the organizer to the lecturer.

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;
use yunke_store::{LessonPhase, NewPrivateNote};

use crate::{
    auth::{LessonScope, Viewer},
    lesson_run::wrong_phase,
    problem::ApiResult,
    routes::{extract::Body, studio::Talk, text},
    state::AppState,
};

/// A note to write.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoteIn {
    /// 1 to 500 characters.
    text: String,
}

/// Writes a private note to the lecturer, before or during the lesson; the newest 20 are kept.
#[utoipa::path(post, path = "/api/console/lessons/{id}/notes", tag = "console",
    params(("id" = uuid::Uuid, Path)), request_body = NoteIn,
    responses((status = OK, body = Talk), (status = CONFLICT, description = "wrong_phase"),
              (status = UNPROCESSABLE_ENTITY, description = "text_empty, text_too_long, text_characters")))]
pub(super) async fn write(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Body(wish): Body<NoteIn>,
) -> ApiResult<Json<Talk>> {
    let lesson = &scope.lesson;
    if !matches!(lesson.phase, LessonPhase::Planned | LessonPhase::Live) {
        return Err(wrong_phase(lesson.phase));
    }
    let text = text::note("text", &wish.text)?;
    let (id, at) = (app.source.id(), app.source.now());
    let new = NewPrivateNote { id, lesson_id: lesson.id, text, actor_id: viewer.user.id, at };
    let figures = app.store.write_private_note(new).await?;
    app.rooms.talked(lesson.id, figures).await;
    Talk::of(&app, lesson.id).await
}
