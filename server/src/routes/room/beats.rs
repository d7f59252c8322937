//! `POST /api/lessons/{id}/beats`: the room for clients that cannot hold a socket, and the last beats of a
//! page that goes away. The same checks and answers as the socket, with the state.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{
    auth::{LessonScope, Viewer},
    evidence::{BATCH_BEATS, BeatIn, Progress, RefusedBeat},
    problem::{ApiResult, Problem},
    room::{RoomState, admit},
    routes::extract::Body,
    state::AppState,
};

/// Beats under one lease.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Batch {
    /// The token of the lease.
    lease: String,
    /// At most 64.
    #[schema(value_type = Vec<BeatIn>, max_items = 64)]
    beats: Vec<Box<RawValue>>,
}

/// What became of them.
#[derive(Serialize, ToSchema)]
pub(super) struct Handed {
    /// Beats that are durable now, or were before.
    acked: Vec<i64>,
    /// Beats that were not kept and never will be.
    refused: Vec<RefusedBeat>,
    /// How far the viewer is.
    progress: Option<Progress>,
    /// The room.
    state: RoomState,
}

/// Hands in beats.
#[utoipa::path(post, path = "/api/lessons/{id}/beats", tag = "room", params(("id" = uuid::Uuid, Path)),
    request_body = Batch,
    responses((status = OK, body = Handed), (status = BAD_REQUEST, description = "batch_too_large"),
        (status = FORBIDDEN, description = "lease_invalid, lease_expired, lease_superseded, lease_other_lesson, lease_not_yours"),
        (status = TOO_MANY_REQUESTS, description = "slow_down: nothing was kept; send the batch again after Retry-After"),
        (status = SERVICE_UNAVAILABLE, description = "busy: nothing was kept; send the batch again")))]
pub(super) async fn hand_in(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Body(batch): Body<Batch>,
) -> ApiResult<Json<Handed>> {
    if batch.beats.len() > BATCH_BEATS {
        return Err(Problem::bad_request("batch_too_large", "Send at most 64 beats at once; none was kept.")
            .with("limit", BATCH_BEATS));
    }
    let now = app.source.now();
    let user = viewer.user.id;
    let lease = admit(&app.rooms, &app.lease_key, &batch.lease, scope.lesson.id, user, now).await?;
    let answer = app.rooms.hand_in(&lease, &batch.beats).await?;
    let state = app.rooms.open_at_once(scope.lesson.id).await?.frame().state.for_members();
    Ok(Json(Handed { acked: answer.acked, refused: answer.refused, progress: answer.progress, state }))
}
