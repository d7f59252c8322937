//! `…/favourites` and `…/queue`: what somebody marked, and what they want to hear next.

use std::collections::HashSet;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::QUEUE_MAX;

use super::viewer::Listener;
use crate::{
    auth::{SeriesScope, Viewer},
    library::EpisodeCard,
    problem::{ApiResult, Problem},
    routes::extract::Body,
    state::AppState,
};

/// Marks a series.
#[utoipa::path(put, path = "/api/library/favourites/{series_id}", tag = "library", params(("series_id" = Uuid, Path)),
    responses((status = NO_CONTENT)))]
pub(super) async fn mark(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: SeriesScope,
) -> ApiResult<StatusCode> {
    app.store.set_favourite(viewer.user.id, scope.series.id, true, app.source.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the mark away.
#[utoipa::path(delete, path = "/api/library/favourites/{series_id}", tag = "library", params(("series_id" = Uuid, Path)),
    responses((status = NO_CONTENT)))]
pub(super) async fn unmark(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: SeriesScope,
) -> ApiResult<StatusCode> {
    app.store.set_favourite(viewer.user.id, scope.series.id, false, app.source.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The queue as it shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QueueRequest {
    /// In order, at most 100; one that is there twice counts once.
    episodes: Vec<Uuid>,
}

/// The queue.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Queue {
    /// In order; what cannot be heard now is left out.
    episodes: Vec<EpisodeCard>,
}

/// What the viewer wants to hear next.
#[utoipa::path(get, path = "/api/library/queue", tag = "library", responses((status = OK, body = Queue)))]
pub(super) async fn queue(State(app): State<AppState>, viewer: Viewer) -> ApiResult<Json<Queue>> {
    queue_of(&app, &viewer).await.map(Json)
}

/// Replaces the queue.
#[utoipa::path(put, path = "/api/library/queue", tag = "library", request_body = QueueRequest,
    responses((status = OK, body = Queue), (status = UNPROCESSABLE_ENTITY, description = "queue_too_long, episode_unknown")))]
pub(super) async fn set_queue(
    State(app): State<AppState>,
    viewer: Viewer,
    Body(body): Body<QueueRequest>,
) -> ApiResult<Json<Queue>> {
    let mut seen = HashSet::new();
    let episodes: Vec<Uuid> = body.episodes.into_iter().filter(|id| seen.insert(*id)).collect();
    if episodes.len() > QUEUE_MAX {
        let sentence = "A queue has at most 100 episodes. Take some out first.";
        return Err(Problem::field("episodes", "queue_too_long", sentence).with("limit", QUEUE_MAX));
    }
    let catalogue = app.library.catalogue().await?;
    let audience = viewer.audience(&app);
    if episodes.iter().any(|id| catalogue.heard(*id, &audience).is_none()) {
        let sentence = "One of these episodes is not in the library any more.";
        return Err(Problem::field("episodes", "episode_unknown", sentence));
    }
    app.store.set_queue(viewer.user.id, &episodes).await?;
    queue_of(&app, &viewer).await.map(Json)
}

async fn queue_of(app: &AppState, viewer: &Viewer) -> ApiResult<Queue> {
    let catalogue = app.library.catalogue().await?;
    let audience = viewer.audience(app);
    let listener = Listener::of(app, viewer).await?;
    let card = |id| {
        let (episode, series, _) = catalogue.heard(id, &audience)?;
        Some(listener.card(&catalogue, episode, series))
    };
    let episodes = app.store.queue(viewer.user.id).await?.into_iter().filter_map(card).collect();
    Ok(Queue { episodes })
}
