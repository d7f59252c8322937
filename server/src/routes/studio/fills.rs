//! `…/fills`: what is missing of a recording, and files that take its place. The files must go to the media
//! node, not through here.

use axum::{Json, extract::State, http::HeaderMap};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_protocol::{
    FilePass, FileRight, Fill, FillMove, FillPlan, FilledGap, Fills, MAX_FILL_BYTES, MAX_FILL_OFFSET_MS,
    WorkStage,
};
use yunke_store::AuditEntry;

use crate::{
    auth::{LessonScope, Viewer},
    problem::{ApiResult, Problem},
    routes::{
        extract::{Body, Path},
        origin,
    },
    state::AppState,
};

/// How long an upload address is valid; after that it is requested again.
const PASS_MS: i64 = 24 * 3_600_000;

/// Earliest accepted start, 2020-01-01: anything earlier is a clock that was never set.
const EARLIEST: i64 = 1_577_836_800_000;

/// Which fill; the lesson is in the scope.
#[derive(Debug, Deserialize)]
pub(super) struct FillPath {
    fill_id: Uuid,
}

/// A fill, and where its file is sent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LessonFill {
    #[serde(flatten)]
    fill: Fill,
    /// Where pieces go (`PATCH` with `Upload-Offset`), while the file is being sent; a secret.
    upload_url: Option<String>,
}

/// What is missing of a recording, and what was sent to fill it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LessonFills {
    /// UTC of lesson position 0.
    zero_at: i64,
    /// Stretches the replay has no media for, ascending; what a fill fills is not among them.
    gaps: Vec<FilledGap>,
    /// In order of their making.
    fills: Vec<LessonFill>,
}

fn with_address(app: &AppState, lesson: Uuid, headers: &HeaderMap, fill: Fill) -> LessonFill {
    let pass = || {
        let expires_at = app.source.now() + PASS_MS;
        FilePass { right: FileRight::Fill(fill.id), lesson, expires_at }.sign(&app.file_key)
    };
    let upload_url = (fill.status.stage == WorkStage::None).then(|| {
        format!("{}/fill/{}", origin::media_origin(headers, &app.config, app.media.http_port()), pass())
    });
    LessonFill { fill, upload_url }
}

fn answer(app: &AppState, lesson: Uuid, headers: &HeaderMap, fills: Fills) -> Json<LessonFills> {
    let Fills { zero_at, gaps, fills } = fills;
    let fills = fills.into_iter().map(|fill| with_address(app, lesson, headers, fill)).collect();
    Json(LessonFills { zero_at, gaps, fills })
}

/// The media node is another process with a record of its own: what takes something away is written down before it is asked to,
/// so that nothing goes without a line.
async fn audit(app: &AppState, viewer: &Viewer, lesson: Uuid, action: &str, fill: Uuid) -> ApiResult<()> {
    let entry = AuditEntry {
        at: app.source.now(),
        actor_id: Some(viewer.user.id),
        action: action.to_owned(),
        subject_kind: "lesson".to_owned(),
        subject_id: lesson,
        detail: serde_json::json!({ "fill": fill }).to_string(),
    };
    Ok(app.store.audit(entry).await?)
}

/// What is missing of the recording, and what was sent to fill it.
#[utoipa::path(get, path = "/api/studio/lessons/{id}/fills", tag = "studio", params(("id" = uuid::Uuid, Path)),
    responses((status = OK, body = LessonFills), (status = CONFLICT, description = "replay_not_ready"),
              (status = SERVICE_UNAVAILABLE, description = "media_unavailable")))]
pub(super) async fn list(
    State(app): State<AppState>,
    scope: LessonScope,
    headers: HeaderMap,
) -> ApiResult<Json<LessonFills>> {
    let fills = app.media.fills(scope.lesson.id).await?;
    Ok(answer(&app, scope.lesson.id, &headers, fills))
}

/// Announces a file. The same file again, not yet whole, is the same fill: `received` says where to go on.
#[utoipa::path(post, path = "/api/studio/lessons/{id}/fills", tag = "studio", params(("id" = uuid::Uuid, Path)),
    request_body = FillPlan,
    responses((status = OK, body = LessonFill),
              (status = CONFLICT, description = "replay_not_ready, no_gaps, no_overlap, fill_exists, too_many_fills"),
              (status = UNPROCESSABLE_ENTITY, description = "file_size, starts_at_wrong"),
              (status = SERVICE_UNAVAILABLE, description = "media_unavailable, disk_full")))]
pub(super) async fn plan(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    headers: HeaderMap,
    Body(plan): Body<FillPlan>,
) -> ApiResult<Json<LessonFill>> {
    if plan.bytes == 0 || plan.bytes > MAX_FILL_BYTES {
        let problem = Problem::field("bytes", "file_size", "A file has 1 byte to 8 GiB.");
        return Err(problem.with("limit_bytes", MAX_FILL_BYTES));
    }
    let latest = app.source.now().max(app.source.wall()) + 86_400_000;
    if !(EARLIEST..=latest).contains(&plan.starts_at) {
        let sentence = "The recording's first frame is no moment at which a lesson was given.";
        return Err(Problem::field("starts_at", "starts_at_wrong", sentence));
    }
    let lesson = scope.lesson.id;
    let fill = app.media.plan_fill(lesson, &plan).await?;
    audit(&app, &viewer, lesson, "lesson.fill", fill.id).await?;
    Ok(Json(with_address(&app, lesson, &headers, fill)))
}

/// Moves a fill on the timeline, as clocks differ; it is made anew.
#[utoipa::path(patch, path = "/api/studio/lessons/{id}/fills/{fill_id}", tag = "studio",
    params(("id" = uuid::Uuid, Path), ("fill_id" = uuid::Uuid, Path)), request_body = FillMove,
    responses((status = OK, body = LessonFills), (status = NOT_FOUND, description = "not_found"),
              (status = CONFLICT, description = "file_gone"),
              (status = UNPROCESSABLE_ENTITY, description = "offset_wrong"),
              (status = SERVICE_UNAVAILABLE, description = "media_unavailable, busy")))]
pub(super) async fn shift(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Path(place): Path<FillPath>,
    headers: HeaderMap,
    Body(to): Body<FillMove>,
) -> ApiResult<Json<LessonFills>> {
    if !(-MAX_FILL_OFFSET_MS..=MAX_FILL_OFFSET_MS).contains(&to.offset_ms) {
        return Err(Problem::field("offset_ms", "offset_wrong", "A fill is moved by at most twelve hours."));
    }
    let lesson = scope.lesson.id;
    audit(&app, &viewer, lesson, "lesson.fill_moved", place.fill_id).await?;
    let fills = app.media.move_fill(lesson, place.fill_id, &to).await?;
    Ok(answer(&app, lesson, &headers, fills))
}

/// Withdraws a fill: its file goes, and its gaps are gaps again.
#[utoipa::path(delete, path = "/api/studio/lessons/{id}/fills/{fill_id}", tag = "studio",
    params(("id" = uuid::Uuid, Path), ("fill_id" = uuid::Uuid, Path)),
    responses((status = OK, body = LessonFills), (status = NOT_FOUND, description = "not_found"),
              (status = SERVICE_UNAVAILABLE, description = "media_unavailable")))]
pub(super) async fn withdraw(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Path(place): Path<FillPath>,
    headers: HeaderMap,
) -> ApiResult<Json<LessonFills>> {
    let lesson = scope.lesson.id;
    audit(&app, &viewer, lesson, "lesson.fill_withdrawn", place.fill_id).await?;
    let fills = app.media.withdraw_fill(lesson, place.fill_id).await?;
    Ok(answer(&app, lesson, &headers, fills))
}
