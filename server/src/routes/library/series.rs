//! `GET /api/library/series…`: series, one series with its episodes, and its cover.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use yunke_store::{Series, TextEnum as _};

use super::viewer::Listener;
use crate::{
    auth::{SeriesScope, Viewer},
    library::{EpisodeCard, SeriesCard},
    problem::{ApiResult, Problem},
    routes::extract::Query,
    state::AppState,
};

/// Series of a page at most.
const LIMIT: usize = 100;

/// Which series.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichSeries {
    /// Only of this category.
    category: Option<String>,
    /// Only in which this person speaks.
    speaker: Option<Uuid>,
    /// Only those the viewer marked.
    favourite: Option<bool>,
    /// How many to leave out.
    offset: Option<usize>,
    /// How many at most; 100 at most.
    limit: Option<usize>,
}

/// A page of series, the ones with the latest episodes first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SeriesPage {
    series: Vec<SeriesCard>,
    /// On all pages.
    total: usize,
}

/// Series the viewer may hear something of.
#[utoipa::path(get, path = "/api/library/series", tag = "library", params(WhichSeries),
    responses((status = OK, body = SeriesPage)))]
pub(super) async fn list(
    State(app): State<AppState>,
    viewer: Viewer,
    Query(which): Query<WhichSeries>,
) -> ApiResult<Json<SeriesPage>> {
    let catalogue = app.library.catalogue().await?;
    let audience = viewer.audience(&app);
    let listener = Listener::of(&app, &viewer).await?;
    let wanted = |series: &&Series| {
        which.category.as_ref().is_none_or(|name| *name == series.category)
            && which.favourite.is_none_or(|marked| marked == listener.marked(series.id))
            && which.speaker.is_none_or(|speaker| {
                catalogue.out_of(series, &audience).any(|episode| episode.speaker_id == Some(speaker))
            })
    };
    let mut found: Vec<_> = catalogue.series_for(&audience).filter(wanted).collect();
    let latest = |id: Uuid| catalogue.episodes_of(id).iter().filter_map(|episode| episode.publish_at).max();
    found.sort_by_key(|one| (std::cmp::Reverse(latest(one.id)), one.id));
    let total = found.len();
    let page =
        found.into_iter().skip(which.offset.unwrap_or(0)).take(which.limit.unwrap_or(LIMIT).min(LIMIT));
    let series = page.map(|one| listener.series(&catalogue, one, &audience)).collect();
    Ok(Json(SeriesPage { series, total }))
}

/// A series with its episodes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SeriesDetail {
    #[serde(flatten)]
    card: SeriesCard,
    /// What it is about.
    about: String,
    /// In the order they are heard.
    episodes: Vec<EpisodeCard>,
    /// The episode to go on with; null: there is none.
    next: Option<Uuid>,
}

/// One series.
#[utoipa::path(get, path = "/api/library/series/{series_id}", tag = "library", params(("series_id" = Uuid, Path)),
    responses((status = OK, body = SeriesDetail), (status = FORBIDDEN, description = "not_invited")))]
pub(super) async fn series(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: SeriesScope,
) -> ApiResult<Json<SeriesDetail>> {
    let SeriesScope { series, catalogue, audience } = &scope;
    let listener = Listener::of(&app, &viewer).await?;
    let out: Vec<_> = catalogue.out_of(series, audience).collect();
    // The one heard last if it is not finished, else the one after it.
    let last = listener.places.iter().find_map(|place| out.iter().position(|one| one.id == place.item_id));
    let next = match last {
        None => out.first(),
        Some(at) if listener.finished(catalogue, out[at].id) => out.get(at + 1),
        Some(at) => out.get(at),
    };
    let mut episodes: Vec<EpisodeCard> =
        out.iter().map(|episode| listener.card(catalogue, episode, series)).collect();
    listener.credit(&app, &viewer, &mut episodes).await?;
    Ok(Json(SeriesDetail {
        card: listener.series(catalogue, series, audience),
        about: series.about.clone(),
        next: next.map(|episode| episode.id),
        episodes,
    }))
}

/// The cover of a series. Its address changes with it, so it may be kept.
#[utoipa::path(get, path = "/api/library/series/{series_id}/cover", tag = "library", params(("series_id" = Uuid, Path)),
    responses((status = OK, description = "JPEG or PNG"), (status = NOT_FOUND, description = "There is none")))]
pub(super) async fn cover(State(app): State<AppState>, scope: SeriesScope) -> ApiResult<Response> {
    let cover = app.store.cover(scope.series.id).await?.ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, cover.kind.as_str()),
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable"),
    ];
    Ok((headers, cover.bytes).into_response())
}
