//! `POST /api/studio/lessons/{id}/key`: a new stream key, shown once.

use axum::{Json, extract::State, http::HeaderMap};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    auth::{LessonScope, Viewer},
    lesson_run,
    problem::ApiResult,
    routes::origin,
    state::AppState,
};

/// Where and with what to publish.
#[derive(Serialize, ToSchema)]
pub(super) struct StreamKey {
    /// Such as `rtmp://192.168.1.5/live`.
    rtmp_server: String,
    /// Shown now and never again; a new one replaces it.
    key: String,
}

/// Makes a new stream key; the old one opens nothing any more.
#[utoipa::path(post, path = "/api/studio/lessons/{id}/key", tag = "studio", params(("id" = uuid::Uuid, Path)),
    responses((status = OK, body = StreamKey), (status = CONFLICT, description = "wrong_phase")))]
pub(super) async fn rotate(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    headers: HeaderMap,
) -> ApiResult<Json<StreamKey>> {
    let key = lesson_run::new_key(&app, scope.lesson.id, Some(viewer.user.id)).await?;
    Ok(Json(StreamKey {
        rtmp_server: origin::rtmp_server(&headers, &app.config, app.media.rtmp_port()),
        key,
    }))
}
