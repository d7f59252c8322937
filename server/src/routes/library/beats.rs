//! `POST /api/library/episodes/{id}/beats`: what was heard of an episode. The beats of a lesson's replay, judged as they are; what
//! played is also where the member is from now on.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{
    auth::{EpisodeScope, Viewer},
    evidence::{BATCH_BEATS, BeatIn, Progress, RefusedBeat},
    library::{PlaceView, heard_in},
    problem::{ApiResult, Problem, source_chain},
    room::admit,
    routes::extract::Body,
    state::AppState,
};

/// Beats under one lease.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EpisodeBeats {
    /// The token of the lease.
    lease: String,
    /// At most 64; `source` is `replay`, `mode` is `audio`.
    #[schema(value_type = Vec<BeatIn>, max_items = 64)]
    beats: Vec<Box<RawValue>>,
}

/// What became of them.
#[derive(Serialize, ToSchema)]
pub(super) struct EpisodeAnswer {
    /// Beats that are durable now, or were before.
    acked: Vec<i64>,
    /// Beats that were not kept and never will be.
    refused: Vec<RefusedBeat>,
    /// How far the viewer is; null when it was not computed just now.
    progress: Option<Progress>,
    /// Where the viewer is; null when nothing played.
    place: Option<PlaceView>,
}

/// Submits beats.
#[utoipa::path(post, path = "/api/library/episodes/{episode_id}/beats", tag = "library",
    params(("episode_id" = uuid::Uuid, Path)), request_body = EpisodeBeats,
    responses((status = OK, body = EpisodeAnswer), (status = BAD_REQUEST, description = "batch_too_large"),
        (status = FORBIDDEN, description = "lease_invalid, lease_expired, lease_superseded, lease_other_lesson, lease_not_yours"),
        (status = TOO_MANY_REQUESTS, description = "slow_down: nothing was kept; send the batch again after Retry-After"),
        (status = SERVICE_UNAVAILABLE, description = "busy: nothing was kept; send the batch again")))]
pub(super) async fn submit(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: EpisodeScope,
    Body(batch): Body<EpisodeBeats>,
) -> ApiResult<Json<EpisodeAnswer>> {
    if batch.beats.len() > BATCH_BEATS {
        return Err(Problem::bad_request("batch_too_large", "Send at most 64 beats at once; none was kept.")
            .with("limit", BATCH_BEATS));
    }
    let (now, user, episode) = (app.source.now(), viewer.user.id, scope.episode.id);
    let lease = admit(&app.rooms, &app.lease_key, &batch.lease, episode, user, now).await?;
    let (answer, new) = app.rooms.submit_beside(&lease, &batch.beats).await?;
    let length_ms = scope.version()?.length_ms.unwrap_or(0);
    let mut place = None;
    // The beats are durable: that the place could not be kept is no reason to send them again.
    if let Some(heard) = heard_in(&lease, &new, length_ms, app.source.wall()) {
        match app.store.keep_place(heard).await {
            Ok(kept) => place = Some(PlaceView::of(&kept, length_ms)),
            Err(error) => tracing::warn!(error = source_chain(&error), "a place could not be kept"),
        }
    }
    Ok(Json(EpisodeAnswer { acked: answer.acked, refused: answer.refused, progress: answer.progress, place }))
}
