//! `GET /api/library/episodes/{id}/places` and `GET /api/library/history`: where somebody was.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use yunke_store::Page;

use super::viewer::Listener;
use crate::{
    auth::{EpisodeScope, Viewer},
    library::{EpisodeCard, PlaceView},
    problem::ApiResult,
    routes::extract::Query,
    state::AppState,
};

/// Sittings of an episode that are shown.
const PLACES: i64 = 20;
/// Entries of a page of the history at most.
const ENTRIES: i64 = 100;

/// Sittings with an episode.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Places {
    /// The one heard last first.
    places: Vec<PlaceView>,
}

/// Where the viewer was in an episode, sitting by sitting.
#[utoipa::path(get, path = "/api/library/episodes/{episode_id}/places", tag = "library", params(("episode_id" = uuid::Uuid, Path)),
    responses((status = OK, body = Places)))]
pub(super) async fn places(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: EpisodeScope,
) -> ApiResult<Json<Places>> {
    let length_ms = scope.episode.heard().and_then(|version| version.length_ms).unwrap_or(0);
    app.places.settle(app.store.as_ref(), viewer.user.id).await?;
    let places = app.store.places(viewer.user.id, scope.episode.id, PLACES).await?;
    Ok(Json(Places { places: places.iter().map(|place| PlaceView::of(place, length_ms)).collect() }))
}

/// Which part of the history.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// How many to leave out.
    offset: Option<u32>,
    /// How many at most; 100 at most.
    limit: Option<u32>,
}

/// An episode that was listened to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HistoryEntry {
    episode: EpisodeCard,
    place: PlaceView,
}

/// What was listened to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct History {
    /// What was heard last first; what is not in the library any more is left out.
    entries: Vec<HistoryEntry>,
    /// On all pages, with what is left out.
    total: i64,
}

/// What the viewer listened to.
#[utoipa::path(get, path = "/api/library/history", tag = "library", params(Part), responses((status = OK, body = History)))]
pub(super) async fn history(
    State(app): State<AppState>,
    viewer: Viewer,
    Query(part): Query<Part>,
) -> ApiResult<Json<History>> {
    let limit = part.limit.map_or(ENTRIES, i64::from).min(ENTRIES);
    let page = Page { offset: i64::from(part.offset.unwrap_or(0)), limit };
    app.places.settle(app.store.as_ref(), viewer.user.id).await?;
    let (places, total) = app.store.last_places(viewer.user.id, page).await?;
    let catalogue = app.library.catalogue().await?;
    let audience = viewer.audience(&app);
    let listener = Listener::of(&app, &viewer).await?;
    let (mut episodes, mut seen) = (Vec::new(), Vec::new());
    for place in &places {
        let Some((episode, series, version)) = catalogue.heard(place.item_id, &audience) else { continue };
        episodes.push(listener.card(&catalogue, episode, series));
        seen.push(PlaceView::of(place, version.length_ms.unwrap_or(0)));
    }
    listener.credit(&app, &viewer, &mut episodes).await?;
    let entries = episodes.into_iter().zip(seen).map(|(episode, place)| HistoryEntry { episode, place });
    Ok(Json(History { entries: entries.collect(), total }))
}
