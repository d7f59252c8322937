//! `POST /api/studio/lessons/{id}/key`: a new stream key, shown once. `DELETE`: revokes it.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{doors::Doors, phone::phone_code};
use crate::{
    auth::{LessonScope, Viewer},
    lesson_run,
    problem::ApiResult,
    qr::QrDrawing,
    state::AppState,
};

/// Where and with what to publish.
#[derive(Serialize, ToSchema)]
pub(super) struct StreamKey {
    #[serde(flatten)]
    doors: Doors,
    /// Shown now and never again; a new one replaces it.
    key: String,
    /// Sets up a phone encoder with all of it. Null: it does not fit a QR code.
    phone: Option<QrDrawing>,
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
    let doors = Doors::of(&app, &headers);
    Ok(Json(StreamKey { phone: phone_code(&doors, &key), doors, key }))
}

/// Revokes the stream key: it opens nothing any more, and who publishes with it is sent away. The booth goes on.
#[utoipa::path(delete, path = "/api/studio/lessons/{id}/key", tag = "studio", params(("id" = uuid::Uuid, Path)),
    responses((status = NO_CONTENT), (status = CONFLICT, description = "wrong_phase")))]
pub(super) async fn revoke(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
) -> ApiResult<StatusCode> {
    lesson_run::revoke_key(&app, scope.lesson.id, Some(viewer.user.id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
