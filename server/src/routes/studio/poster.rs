//! `PUT` and `DELETE /api/studio/lessons/{id}/poster`: the picture that stands for a lesson.

use axum::{Json, extract::State, http::StatusCode};
use yunke_store::{Lesson, LessonPhase, Poster};

use crate::{
    auth::{LessonScope, May, Viewer},
    lesson_run::wrong_phase,
    picture,
    problem::{ApiResult, Problem},
    routes::{
        extract::Upload,
        lessons::replay::{ReplayView, replay_of},
    },
    state::AppState,
};

/// Takes a picture as the poster: JPEG or PNG, at most 2 MB and 4096 pixels a side. The page sends 1280 at most.
#[utoipa::path(put, path = "/api/studio/lessons/{id}/poster", tag = "studio", params(("id" = uuid::Uuid, Path)),
    request_body(content = Vec<u8>, content_type = "image/jpeg"),
    responses((status = OK, body = ReplayView), (status = CONFLICT, description = "wrong_phase"),
              (status = UNSUPPORTED_MEDIA_TYPE, description = "picture_unknown"),
              (status = UNPROCESSABLE_ENTITY, description = "picture_too_large")))]
pub(super) async fn put(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Upload(file): Upload,
) -> ApiResult<Json<ReplayView>> {
    if scope.lesson.phase == LessonPhase::Cancelled {
        return Err(wrong_phase(scope.lesson.phase));
    }
    let picture = picture::look(&file).ok_or_else(|| {
        let sentence = "This is neither a JPEG nor a PNG picture, or not a whole one.";
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "picture_unknown", sentence)
    })?;
    if picture.width.max(picture.height) > picture::SIDE_MAX {
        let sentence = format!("A picture may have at most {} pixels a side.", picture::SIDE_MAX);
        return Err(Problem::field("file", "picture_too_large", sentence).with("limit", picture::SIDE_MAX));
    }
    let poster = Poster { kind: picture.kind, bytes: file.into() };
    app.store.set_poster(scope.lesson.id, Some(poster), viewer.user.id, app.source.now()).await?;
    answer(&app, &scope.lesson, scope.may).await
}

/// Takes the poster away.
#[utoipa::path(delete, path = "/api/studio/lessons/{id}/poster", tag = "studio", params(("id" = uuid::Uuid, Path)),
    responses((status = OK, body = ReplayView)))]
pub(super) async fn remove(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
) -> ApiResult<Json<ReplayView>> {
    app.store.set_poster(scope.lesson.id, None, viewer.user.id, app.source.now()).await?;
    answer(&app, &scope.lesson, scope.may).await
}

async fn answer(app: &AppState, lesson: &Lesson, may: May) -> ApiResult<Json<ReplayView>> {
    let lesson = app.store.lesson(lesson.id).await?.ok_or_else(Problem::not_found)?;
    replay_of(app, &lesson, may).await.map(Json)
}
