//! `POST /api/studio/lessons/{id}/preview`: a lease to see the incoming picture, also before the lesson.

use axum::{Json, extract::State, http::HeaderMap};
use yunke_protocol::{DeviceClass, Purpose};

use crate::{
    auth::{LessonScope, Viewer},
    problem::ApiResult,
    routes::lessons::leases::{LeaseGrant, grant},
    state::AppState,
};

/// Issues a lease to look at the incoming picture; nothing is counted.
#[utoipa::path(post, path = "/api/studio/lessons/{id}/preview", tag = "studio", params(("id" = uuid::Uuid, Path)),
    responses((status = OK, body = LeaseGrant), (status = CONFLICT, description = "lesson_cancelled")))]
pub(super) async fn preview(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    headers: HeaderMap,
) -> ApiResult<Json<LeaseGrant>> {
    grant(&app, &viewer, &scope.lesson, Purpose::Preview, DeviceClass::Desktop, &headers).await.map(Json)
}
