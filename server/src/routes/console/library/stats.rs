//! What was heard of the library: series by series, of a series, and of an episode with the curve of where people stop. Counted from
//! what was heard, added up by the database.

use std::{cmp::Reverse, collections::HashMap};

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, SemaphorePermit};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use yunke_store::{
    CURVE_PARTS, CurveFilter, FiguresBy, FiguresFilter, FiguresRow, LibraryFigures, UtcMillis,
};

use crate::{
    auth::{EpisodeScope, SeriesScope, Viewer},
    problem::{ApiResult, Problem},
    routes::extract::Query,
    state::AppState,
};

/// Statistics that are added up at a time; others wait, so that organizers who look at figures never take the database from those
/// who listen.
const AT_ONCE: usize = 2;

static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

/// Moments that can be asked for: 1970 to 2100.
const MOMENTS: std::ops::RangeInclusive<UtcMillis> = 0..=4_102_444_800_000;

/// Of which time.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Span {
    /// UTC milliseconds; all there is unless given.
    pub(super) from: Option<i64>,
    /// UTC milliseconds, exclusive; until now unless given.
    pub(super) until: Option<i64>,
}

impl Span {
    /// From and until; `span_wrong` if the end is not behind the beginning.
    pub(super) fn read(self) -> ApiResult<(UtcMillis, UtcMillis)> {
        let (from, until) = (self.from.unwrap_or(*MOMENTS.start()), self.until.unwrap_or(*MOMENTS.end()));
        if from >= until || !MOMENTS.contains(&from) || !MOMENTS.contains(&until) {
            let sentence = "The end must be later than the beginning, and both between 1970 and 2100.";
            return Err(Problem::field("until", "span_wrong", sentence));
        }
        Ok((from, until))
    }
}

/// What was heard.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub(super) struct HeardFigures {
    /// 人数: people who heard 30 seconds or more, or an end.
    listeners: i64,
    /// 人次: sittings of 30 seconds or more.
    plays: i64,
    /// Time heard, at most 24 hours a day and person.
    heard_ms: i64,
    /// Ends of episodes heard for the first time: once a person and episode.
    completions: i64,
}

impl From<LibraryFigures> for HeardFigures {
    fn from(heard: LibraryFigures) -> Self {
        let LibraryFigures { listeners, plays, heard_ms, completions } = heard;
        Self { listeners, plays, heard_ms, completions }
    }
}

/// What a branch heard.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BranchHeard {
    /// The branch the listeners are in now; null: in none.
    branch_id: Option<Uuid>,
    /// Its name.
    name: Option<String>,
    /// The name of the unit it is in.
    parent: Option<String>,
    #[serde(flatten)]
    heard: HeardFigures,
}

impl From<FiguresRow> for BranchHeard {
    fn from(row: FiguresRow) -> Self {
        Self { branch_id: row.subject, name: row.name, parent: row.parent, heard: row.heard.into() }
    }
}

/// What was heard of a series.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SeriesHeard {
    series_id: Uuid,
    title: String,
    #[serde(flatten)]
    heard: HeardFigures,
}

/// What was heard of an episode.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EpisodeHeard {
    episode_id: Uuid,
    /// 第几讲.
    number: Option<i64>,
    title: String,
    /// Its length; null while there is nothing to hear.
    length_ms: Option<i64>,
    #[serde(flatten)]
    heard: HeardFigures,
}

/// The figures of the viewer's part of the library.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LibraryStats {
    total: HeardFigures,
    /// Those heard most first.
    series: Vec<SeriesHeard>,
    /// Those that heard most first.
    branches: Vec<BranchHeard>,
}

/// The figures of a series.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SeriesStats {
    total: HeardFigures,
    /// In the order they are heard.
    episodes: Vec<EpisodeHeard>,
    /// Those that heard most first.
    branches: Vec<BranchHeard>,
}

/// The figures of an episode.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EpisodeStats {
    total: HeardFigures,
    /// Those that heard most first.
    branches: Vec<BranchHeard>,
    /// Its length; null while there is nothing to hear.
    length_ms: Option<i64>,
    /// How many people heard something of each of its equally long parts, at most 50; what was skipped was not heard. Empty while
    /// there is nothing to hear.
    curve: Vec<i64>,
}

/// What all sums are made of.
pub(super) struct Sums<'a> {
    app: &'a AppState,
    filter: FiguresFilter,
    _place: SemaphorePermit<'static>,
}

impl<'a> Sums<'a> {
    /// Of what the viewer organizes, and of this series and episode only. Waits for a place.
    pub(super) async fn of(
        app: &'a AppState,
        viewer: &Viewer,
        span: Span,
        series_id: Option<Uuid>,
        episode_id: Option<Uuid>,
    ) -> ApiResult<Self> {
        let (from, until) = span.read()?;
        let place = PLACES.acquire().await.map_err(Problem::internal)?;
        app.places.settle_all(app.store.as_ref()).await?;
        let filter =
            FiguresFilter { within_paths: viewer.overseen_paths(), series_id, episode_id, from, until };
        Ok(Self { app, filter, _place: place })
    }

    /// Each by its own.
    pub(super) async fn by(&self, by: FiguresBy) -> ApiResult<Vec<FiguresRow>> {
        Ok(self.app.store.figures(self.filter.clone(), by).await?)
    }

    /// The same by their ids.
    pub(super) async fn by_id(&self, by: FiguresBy) -> ApiResult<HashMap<Uuid, LibraryFigures>> {
        let rows = self.by(by).await?.into_iter();
        Ok(rows.filter_map(|row| Some((row.subject?, row.heard))).collect())
    }

    /// All together.
    pub(super) async fn total(&self) -> ApiResult<LibraryFigures> {
        Ok(self.by(FiguresBy::All).await?.first().map(|row| row.heard).unwrap_or_default())
    }
}

fn branches(rows: Vec<FiguresRow>) -> Vec<BranchHeard> {
    rows.into_iter().map(BranchHeard::from).collect()
}

/// What was heard of the series of the viewer's part of the tree.
#[utoipa::path(get, path = "/api/console/library/stats", tag = "console", params(Span),
    responses((status = OK, body = LibraryStats), (status = UNPROCESSABLE_ENTITY, description = "span_wrong")))]
pub(super) async fn library(
    State(app): State<AppState>,
    viewer: Viewer,
    Query(span): Query<Span>,
) -> ApiResult<Json<LibraryStats>> {
    let sums = Sums::of(&app, &viewer, span, None, None).await?;
    let catalogue = app.library.catalogue().await?;
    let audience = viewer.audience(&app);
    let heard = sums.by_id(FiguresBy::Series).await?;
    let of = |id| heard.get(&id).copied().unwrap_or_default();
    let mut own: Vec<_> = catalogue.all_series().filter(|series| audience.oversees(series)).collect();
    own.sort_by_key(|series| (Reverse(of(series.id).heard_ms), series.id));
    let series = own.into_iter().map(|series| SeriesHeard {
        series_id: series.id,
        title: series.title.clone(),
        heard: of(series.id).into(),
    });
    Ok(Json(LibraryStats {
        total: sums.total().await?.into(),
        series: series.collect(),
        branches: branches(sums.by(FiguresBy::Branch).await?),
    }))
}

/// What was heard of a series, episode by episode and branch by branch.
#[utoipa::path(get, path = "/api/console/library/series/{series_id}/stats", tag = "console",
    params(("series_id" = Uuid, Path), Span),
    responses((status = OK, body = SeriesStats), (status = UNPROCESSABLE_ENTITY, description = "span_wrong")))]
pub(super) async fn series(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: SeriesScope,
    Query(span): Query<Span>,
) -> ApiResult<Json<SeriesStats>> {
    let sums = Sums::of(&app, &viewer, span, Some(scope.series.id), None).await?;
    let heard = sums.by_id(FiguresBy::Episode).await?;
    let episodes = scope.catalogue.episodes_of(scope.series.id).iter();
    let episodes = episodes.map(|episode| EpisodeHeard {
        episode_id: episode.id,
        number: episode.number,
        title: episode.title.clone(),
        length_ms: episode.heard().and_then(|version| version.length_ms),
        heard: heard.get(&episode.id).copied().unwrap_or_default().into(),
    });
    Ok(Json(SeriesStats {
        total: sums.total().await?.into(),
        episodes: episodes.collect(),
        branches: branches(sums.by(FiguresBy::Branch).await?),
    }))
}

/// What was heard of an episode, branch by branch, and where people stop.
#[utoipa::path(get, path = "/api/console/library/episodes/{episode_id}/stats", tag = "console",
    params(("episode_id" = Uuid, Path), Span),
    responses((status = OK, body = EpisodeStats), (status = UNPROCESSABLE_ENTITY, description = "span_wrong")))]
pub(super) async fn episode(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: EpisodeScope,
    Query(span): Query<Span>,
) -> ApiResult<Json<EpisodeStats>> {
    let episode = &scope.episode;
    let sums = Sums::of(&app, &viewer, span, Some(scope.series.id), Some(episode.id)).await?;
    let length_ms = episode.heard().and_then(|version| version.length_ms);
    let curve = match length_ms {
        Some(length_ms) => {
            let FiguresFilter { from, until, .. } = sums.filter;
            let filter = CurveFilter { episode_id: episode.id, length_ms, parts: CURVE_PARTS, from, until };
            app.store.curve(filter).await?
        }
        None => Vec::new(),
    };
    Ok(Json(EpisodeStats {
        total: sums.total().await?.into(),
        branches: branches(sums.by(FiguresBy::Branch).await?),
        length_ms,
        curve,
    }))
}
