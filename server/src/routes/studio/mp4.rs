//! `…/mp4`: the recording as one file to watch elsewhere. The media node makes and sends it.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use yunke_protocol::{FilePass, FileRight, WorkStage, WorkStatus};
use yunke_store::AuditEntry;

use crate::{
    auth::{LessonScope, Viewer},
    calendar::local_day,
    exports::recording_name,
    problem::{ApiResult, Problem},
    routes::origin,
    state::AppState,
};

/// How long a paused download can be resumed.
const PASS_MS: i64 = 12 * 3_600_000;

/// How far the MP4 file of the recording is.
#[utoipa::path(get, path = "/api/studio/lessons/{id}/mp4", tag = "studio", params(("id" = uuid::Uuid, Path)),
    responses((status = OK, body = WorkStatus), (status = CONFLICT, description = "replay_not_ready"),
              (status = SERVICE_UNAVAILABLE, description = "media_unavailable")))]
pub(super) async fn status(State(app): State<AppState>, scope: LessonScope) -> ApiResult<Json<WorkStatus>> {
    app.media.mp4_status(scope.lesson.id).await.map(Json)
}

/// Asks for the MP4 file of the recording; asking again changes nothing.
#[utoipa::path(post, path = "/api/studio/lessons/{id}/mp4", tag = "studio", params(("id" = uuid::Uuid, Path)),
    responses((status = OK, body = WorkStatus), (status = CONFLICT, description = "replay_not_ready"),
              (status = SERVICE_UNAVAILABLE, description = "media_unavailable, busy")))]
pub(super) async fn make(State(app): State<AppState>, scope: LessonScope) -> ApiResult<Json<WorkStatus>> {
    app.media.ask_mp4(scope.lesson.id).await.map(Json)
}

/// Leads to the MP4 file at the media node, which takes ranges.
#[utoipa::path(get, path = "/api/studio/lessons/{id}/mp4/file", tag = "studio", params(("id" = uuid::Uuid, Path)),
    responses((status = SEE_OTHER, description = "Where the file is, for twelve hours"),
              (status = CONFLICT, description = "mp4_not_ready, replay_not_ready"),
              (status = SERVICE_UNAVAILABLE, description = "media_unavailable")))]
pub(super) async fn file(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let lesson = &scope.lesson;
    if app.media.mp4_status(lesson.id).await?.stage != WorkStage::Ready {
        return Err(Problem::conflict("mp4_not_ready", "The file has not been made yet. Ask for it first."));
    }
    let now = app.source.now();
    let entry = AuditEntry {
        at: now,
        actor_id: Some(viewer.user.id),
        action: "lesson.mp4".to_owned(),
        subject_kind: "lesson".to_owned(),
        subject_id: lesson.id,
        detail: "{}".to_owned(),
    };
    app.store.audit(entry).await?;
    let pass = FilePass { right: FileRight::Mp4, lesson: lesson.id, expires_at: now + PASS_MS };
    let to = format!(
        "{}/file/{}/{}",
        origin::media_origin(&headers, &app.config, app.media.http_port()),
        pass.sign(&app.file_key),
        recording_name(&lesson.title, &local_day(lesson.planned_start_at)),
    );
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, to), (header::CACHE_CONTROL, "no-store".to_owned())])
        .into_response())
}
