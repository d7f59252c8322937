//! `GET /api/me/listened`: the episodes the viewer listened to, and what of each counts. Also of those that are in the library no
//! more: what was earned stays.

use super::{
    extract::Query,
    paging::{self, Which},
};
use crate::{auth::Viewer, evidence::Progress, problem::ApiResult, room::Standing, state::AppState};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Episodes of a page.
const EPISODES: i64 = 20;

/// A page of what was listened to, the episode heard last first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListenedPage {
    items: Vec<ListenedEpisode>,
    page: u32,
    /// There is a next page.
    more: bool,
}

/// One episode of one's own record.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListenedEpisode {
    episode_id: Uuid,
    title: String,
    series_title: String,
    /// When something of it was heard last.
    heard_at: i64,
    /// It can be listened to now.
    available: bool,
    /// How far, and what it is worth.
    progress: Progress,
}

/// What one listened to, and what it is worth.
#[utoipa::path(get, path = "/api/me/listened", tag = "account", params(Which), responses((status = OK, body = ListenedPage)))]
pub(super) async fn listened(
    State(app): State<AppState>,
    viewer: Viewer,
    Query(which): Query<Which>,
) -> ApiResult<Json<ListenedPage>> {
    let page = which.number();
    let user = viewer.user.id;
    app.places.settle(app.store.as_ref(), user).await?;
    let (places, total) = app.store.last_places(user, paging::page(page, EPISODES)).await?;
    let catalogue = app.library.catalogue().await?;
    let audience = viewer.audience(&app);
    let standing = Standing::of(&app.rooms, &app.kept_progress, user).await?;
    let mut items = Vec::with_capacity(places.len());
    for place in places {
        let Some(episode) = catalogue.episode(place.item_id) else { continue };
        let Some(series) = catalogue.series(episode.series_id) else { continue };
        let Some(progress) = standing.with(episode.id).await? else { continue };
        items.push(ListenedEpisode {
            episode_id: episode.id,
            title: episode.title.clone(),
            series_title: series.title.clone(),
            heard_at: place.heard_at,
            available: catalogue.heard(episode.id, &audience).is_some(),
            progress,
        });
    }
    let more = i64::from(page) * EPISODES < total;
    Ok(Json(ListenedPage { items, page, more }))
}
