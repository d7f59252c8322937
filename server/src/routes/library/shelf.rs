//! `GET /api/library`: what somebody sees who comes to listen.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::Episode;

use super::viewer::Listener;
use crate::{
    auth::Viewer,
    calendar,
    catalogue::{Audience, Catalogue},
    library::{EpisodeCard, PlaceView, SeriesCard},
    problem::ApiResult,
    state::AppState,
};

/// Episodes to go on with.
const CONTINUE: usize = 12;
/// New episodes.
const NEW: usize = 12;
/// Series.
const SERIES: usize = 24;
/// Categories and speakers.
const NAMES: usize = 100;
const WEEK_MS: i64 = 7 * 86_400_000;
const DAY_MS: i64 = 86_400_000;

/// An episode to go on with.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Continued {
    episode: EpisodeCard,
    place: PlaceView,
}

/// A category.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Category {
    name: String,
    /// How many series.
    series: usize,
}

/// A speaker.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ShelfSpeaker {
    id: Uuid,
    name: String,
    /// In how many series they speak.
    series: usize,
}

/// How much somebody listened.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListenedTime {
    /// In the last seven days.
    week_ms: i64,
    /// Since the year began.
    year_ms: i64,
}

/// The shelf.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Shelf {
    /// 继续听: heard and not finished, what was heard last first.
    #[serde(rename = "continue")]
    goes_on: Vec<Continued>,
    /// 新上架: the latest first.
    new: Vec<EpisodeCard>,
    /// 系列: the ones with the latest episodes first.
    series: Vec<SeriesCard>,
    /// 分类.
    categories: Vec<Category>,
    /// 讲师.
    speakers: Vec<ShelfSpeaker>,
    listened: ListenedTime,
}

/// The shelf of the viewer.
#[utoipa::path(get, path = "/api/library", tag = "library", responses((status = OK, body = Shelf)))]
pub(super) async fn shelf(State(app): State<AppState>, viewer: Viewer) -> ApiResult<Json<Shelf>> {
    let catalogue = app.library.catalogue().await?;
    let audience = viewer.audience(&app);
    let listener = Listener::of(&app, &viewer).await?;
    let mut series: Vec<_> = catalogue.series_for(&audience).collect();
    let latest = |one| catalogue.out_of(one, &audience).filter_map(|episode| episode.publish_at).max();
    let (categories, speakers) = names(&catalogue, &audience);
    series.sort_by_cached_key(|one| (std::cmp::Reverse(latest(one)), one.id));
    series.truncate(SERIES);
    let user = viewer.user.id;
    let now = app.source.wall();
    let (_, year) = calendar::year_of(now);
    let in_week = app.store.listened_ms(user, now - WEEK_MS, i64::MAX).await?;
    let in_year = app.store.listened_ms(user, year.start, year.end).await?;
    Ok(Json(Shelf {
        goes_on: goes_on(&catalogue, &audience, &listener),
        new: newest(&catalogue, &audience, &listener),
        series: series.into_iter().map(|one| listener.series(&catalogue, one, &audience)).collect(),
        categories,
        speakers,
        // A day has no more hours, whatever two devices say.
        listened: ListenedTime {
            week_ms: in_week.min(WEEK_MS + DAY_MS),
            year_ms: in_year.min(now - year.start + DAY_MS),
        },
    }))
}

/// What was begun and is not finished; of a series that goes on, the next episode after the one that is finished.
fn goes_on(catalogue: &Catalogue, audience: &Audience, listener: &Listener) -> Vec<Continued> {
    let mut all = Vec::new();
    for place in &listener.places {
        let Some((episode, series, version)) = catalogue.heard(place.item_id, audience) else { continue };
        let seen = PlaceView::of(place, version.length_ms.unwrap_or(0));
        if !seen.finished && seen.position_ms > 0 {
            all.push(Continued { episode: listener.card(catalogue, episode, series), place: seen });
        } else if seen.finished
            && let Some(next) =
                catalogue.out_of(series, audience).skip_while(|one| one.id != episode.id).nth(1)
            && listener.place(next.id).is_none()
        {
            let place = PlaceView { position_ms: 0, finished: false, ..seen };
            all.push(Continued { episode: listener.card(catalogue, next, series), place });
        }
        if all.len() == CONTINUE {
            break;
        }
    }
    all
}

fn newest(catalogue: &Catalogue, audience: &Audience, listener: &Listener) -> Vec<EpisodeCard> {
    let mut all: Vec<&Episode> =
        catalogue.series_for(audience).flat_map(|series| catalogue.out_of(series, audience)).collect();
    all.sort_by_key(|episode| (std::cmp::Reverse(episode.publish_at), episode.place, episode.id));
    all.truncate(NEW);
    let card = |episode: &Episode| {
        let series = catalogue.series(episode.series_id)?;
        Some(listener.card(catalogue, episode, series))
    };
    all.into_iter().filter_map(card).collect()
}

/// Categories and speakers of what the audience may hear, those of most series first.
fn names(catalogue: &Catalogue, audience: &Audience) -> (Vec<Category>, Vec<ShelfSpeaker>) {
    let mut categories: BTreeMap<&str, usize> = BTreeMap::new();
    let mut speakers: BTreeMap<Uuid, usize> = BTreeMap::new();
    for series in catalogue.series_for(audience) {
        if !series.category.is_empty() {
            *categories.entry(&series.category).or_default() += 1;
        }
        let mut here: Vec<Uuid> =
            catalogue.out_of(series, audience).filter_map(|episode| episode.speaker_id).collect();
        here.sort_unstable();
        here.dedup();
        for speaker in here {
            *speakers.entry(speaker).or_default() += 1;
        }
    }
    let mut categories: Vec<Category> =
        categories.into_iter().map(|(name, series)| Category { name: name.to_owned(), series }).collect();
    categories.sort_by(|a, b| b.series.cmp(&a.series).then_with(|| a.name.cmp(&b.name)));
    categories.truncate(NAMES);
    let mut speakers: Vec<ShelfSpeaker> = speakers
        .into_iter()
        .filter_map(|(id, series)| {
            let name = catalogue.speaker(id)?.name.clone();
            Some(ShelfSpeaker { id, name, series })
        })
        .collect();
    speakers.sort_by(|a, b| b.series.cmp(&a.series).then_with(|| a.name.cmp(&b.name)));
    speakers.truncate(NAMES);
    (categories, speakers)
}
