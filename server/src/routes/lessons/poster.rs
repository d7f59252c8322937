//! `GET /api/lessons/{id}/poster`: the picture that stands for a lesson.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use yunke_store::TextEnum as _;

use crate::{
    auth::LessonScope,
    problem::{ApiResult, Problem},
    state::AppState,
};

/// The poster of a lesson. Its address in cards changes with it, so it may be kept.
#[utoipa::path(get, path = "/api/lessons/{id}/poster", tag = "lessons", params(("id" = uuid::Uuid, Path)),
    responses((status = OK, description = "JPEG or PNG"), (status = NOT_FOUND, description = "There is none")))]
pub(super) async fn poster(State(app): State<AppState>, scope: LessonScope) -> ApiResult<Response> {
    let poster = app.store.poster(scope.lesson.id).await?.ok_or_else(Problem::not_found)?;
    let headers =
        [(header::CONTENT_TYPE, poster.kind.as_str()), (header::CACHE_CONTROL, "private, max-age=86400")];
    Ok((headers, poster.bytes).into_response())
}
