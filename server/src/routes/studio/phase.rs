//! `POST …/start` and `…/end`: 开始上课 and 下课. Repeating is safe.

use axum::{Json, extract::State, http::HeaderMap};

use super::view::{StudioLesson, studio_lesson};
use crate::{
    auth::{LessonScope, Viewer},
    lesson_run,
    problem::{ApiResult, Problem},
    state::AppState,
};

/// Starts the lesson: the timeline begins with the next key frame.
#[utoipa::path(post, path = "/api/studio/lessons/{id}/start", tag = "studio", params(("id" = uuid::Uuid, Path)),
    responses((status = OK, body = StudioLesson), (status = CONFLICT, description = "no_picture, wrong_phase"),
              (status = SERVICE_UNAVAILABLE, description = "media_unavailable")))]
pub(super) async fn start(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    headers: HeaderMap,
) -> ApiResult<Json<StudioLesson>> {
    lesson_run::start(&app, &scope.lesson, Some(viewer.user.id)).await?;
    answer(&app, viewer, scope, &headers).await
}

/// Ends the lesson: the replay stands at once.
#[utoipa::path(post, path = "/api/studio/lessons/{id}/end", tag = "studio", params(("id" = uuid::Uuid, Path)),
    responses((status = OK, body = StudioLesson), (status = CONFLICT, description = "wrong_phase")))]
pub(super) async fn end(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    headers: HeaderMap,
) -> ApiResult<Json<StudioLesson>> {
    lesson_run::end(&app, scope.lesson.id, Some(viewer.user.id)).await?;
    answer(&app, viewer, scope, &headers).await
}

async fn answer(
    app: &AppState,
    viewer: Viewer,
    scope: LessonScope,
    headers: &HeaderMap,
) -> ApiResult<Json<StudioLesson>> {
    let lesson = app.store.lesson(scope.lesson.id).await?.ok_or_else(Problem::not_found)?;
    let scope = LessonScope { may: viewer.may(&lesson), lesson: std::sync::Arc::new(lesson) };
    studio_lesson(app, &viewer, &scope, headers).await.map(Json)
}
