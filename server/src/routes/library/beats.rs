//! `POST /api/library/episodes/{id}/beats`: what was heard of an episode. The beats of a lesson's replay, judged as they are; what
//! played is also where the member is from now on.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use uuid::Uuid;
use yunke_store::ItemKind;

use crate::{
    auth::Viewer,
    evidence::{BATCH_BEATS, BeatIn, Progress, RefusedBeat},
    library::{PlaceView, heard_in},
    problem::{ApiResult, Problem},
    room::{AdmitError, admit},
    routes::extract::{Body, Path},
    state::AppState,
};

/// Which episode.
#[derive(Debug, Deserialize)]
pub(super) struct EpisodePath {
    episode_id: Uuid,
}

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

/// Submits beats. Who may is decided by the lease: what was heard is kept, also of an episode that was withdrawn meanwhile.
#[utoipa::path(post, path = "/api/library/episodes/{episode_id}/beats", tag = "library",
    params(("episode_id" = Uuid, Path)), request_body = EpisodeBeats,
    responses((status = OK, body = EpisodeAnswer), (status = BAD_REQUEST, description = "batch_too_large"),
        (status = FORBIDDEN, description = "lease_invalid, lease_expired, lease_superseded, lease_other_lesson, lease_not_yours"),
        (status = TOO_MANY_REQUESTS, description = "slow_down: nothing was kept; send the batch again after Retry-After"),
        (status = SERVICE_UNAVAILABLE, description = "busy: nothing was kept; send the batch again")))]
pub(super) async fn submit(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(EpisodePath { episode_id: episode }): Path<EpisodePath>,
    Body(batch): Body<EpisodeBeats>,
) -> ApiResult<Json<EpisodeAnswer>> {
    if batch.beats.len() > BATCH_BEATS {
        return Err(Problem::bad_request("batch_too_large", "Send at most 64 beats at once; none was kept.")
            .with("limit", BATCH_BEATS));
    }
    let (now, user) = (app.source.now(), viewer.user.id);
    let lease = admit(&app.rooms, &app.lease_key, &batch.lease, episode, user, now).await?;
    // One of a lesson goes to its room.
    if lease.item.kind != ItemKind::Episode {
        return Err(AdmitError::OtherLesson.into());
    }
    let (answer, new) = app.rooms.submit_beside(&lease, &batch.beats).await?;
    let catalogue = app.library.catalogue().await?;
    let length_ms = catalogue.episode(episode).and_then(|one| one.heard()?.length_ms).unwrap_or(0);
    let heard = heard_in(&lease, &new, length_ms, app.source.wall(), now);
    let place = heard.map(|heard| PlaceView::heard(&heard, length_ms));
    if let Some(heard) = heard {
        app.places.note(heard);
    }
    Ok(Json(EpisodeAnswer { acked: answer.acked, refused: answer.refused, progress: answer.progress, place }))
}
