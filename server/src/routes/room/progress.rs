//! `GET /api/lessons/{id}/progress`: how far the viewer is.

use axum::{Json, extract::State};

use crate::{
    auth::{LessonScope, Viewer},
    problem::{ApiResult, Problem},
    room::{Progress, progress_of},
    state::AppState,
};

/// How far the viewer is with a lesson.
#[utoipa::path(get, path = "/api/lessons/{id}/progress", tag = "room", params(("id" = uuid::Uuid, Path)),
    responses((status = OK, body = Progress), (status = NOT_FOUND, description = "the lesson was cancelled")))]
pub(super) async fn progress(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
) -> ApiResult<Json<Progress>> {
    progress_of(&app.rooms, viewer.user.id, &scope.lesson).await?.map(Json).ok_or_else(Problem::not_found)
}
