//! `GET /api/library/search`: series, episodes and speakers by characters, pinyin or initials.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::viewer::Listener;
use crate::{
    auth::Viewer,
    library::{EpisodeCard, SeriesCard, SpeakerView},
    problem::{ApiResult, Problem},
    routes::extract::Query,
    state::AppState,
    typed,
};

/// Longest text that is looked for.
const QUERY_CHARS: usize = 64;
/// Hits of each kind at most.
const HITS: usize = 50;

/// What is looked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// 1 to 64 characters; none: nothing is found.
    q: String,
}

/// What was found, the best first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LibraryHits {
    series: Vec<SeriesCard>,
    episodes: Vec<EpisodeCard>,
    speakers: Vec<SpeakerView>,
}

/// Searches what the viewer may hear.
#[utoipa::path(get, path = "/api/library/search", tag = "library", params(Wanted),
    responses((status = OK, body = LibraryHits), (status = BAD_REQUEST, description = "query_unexpected")))]
pub(super) async fn search(
    State(app): State<AppState>,
    viewer: Viewer,
    Query(wanted): Query<Wanted>,
) -> ApiResult<Json<LibraryHits>> {
    let text = typed::query(&wanted.q);
    if text.chars().count() > QUERY_CHARS {
        return Err(Problem::bad_request("query_unexpected", "Type at most 64 characters.")
            .with("limit", QUERY_CHARS));
    }
    let catalogue = app.library.catalogue().await?;
    let audience = viewer.audience(&app);
    let listener = Listener::of(&app, &viewer).await?;
    let (found, searched) = (std::sync::Arc::clone(&catalogue), audience.clone());
    // A few milliseconds of a large library: off the async workers.
    let ids = crate::evidence::off_the_workers(move || {
        let found = found.search(&text, &searched, HITS);
        let ids = |all: Vec<uuid::Uuid>| all;
        (
            ids(found.series.iter().map(|one| one.id).collect()),
            ids(found.episodes.iter().map(|one| one.id).collect()),
            ids(found.speakers.iter().map(|one| one.id).collect()),
        )
    })
    .await;
    let (series, episodes, speakers) = ids;
    let episode = |id| {
        let (episode, series, _) = catalogue.heard(id, &audience)?;
        Some(listener.card(&catalogue, episode, series))
    };
    Ok(Json(LibraryHits {
        series: series
            .into_iter()
            .filter_map(|id| Some(listener.series(&catalogue, catalogue.series(id)?, &audience)))
            .collect(),
        episodes: episodes.into_iter().filter_map(episode).collect(),
        speakers: speakers
            .into_iter()
            .filter_map(|id| catalogue.speaker(id).map(SpeakerView::from))
            .collect(),
    }))
}
