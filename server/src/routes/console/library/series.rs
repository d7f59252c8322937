//! `/api/console/library/series…`: making, changing and publishing series.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_catalogue::order;
use yunke_store::{Episode, LibraryOutcome, NewSeries, SeriesCredit, SeriesEdit};

use super::{
    super::units::open_unit,
    view::{ConsoleEpisode, ConsoleSeries, episodes_of},
};
use crate::{
    auth::{SeriesScope, Viewer},
    problem::{ApiResult, Problem},
    routes::{
        console::rules::check_rule,
        extract::{Body, given},
        text,
    },
    state::AppState,
};

/// Episodes that are ordered or published at once.
const EPISODES: usize = 2_000;
/// Publishing dates: 2020 to 2100.
const DATES: std::ops::Range<i64> = 1_577_836_800_000..4_102_444_800_000;

/// All series of the viewer's part of the tree.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConsoleSeriesList {
    /// The newest first.
    series: Vec<ConsoleSeries>,
    /// Categories that are in use.
    categories: Vec<String>,
}

/// A series with its episodes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConsoleSeriesDetail {
    #[serde(flatten)]
    series: ConsoleSeries,
    /// In the order they are heard.
    episodes: Vec<ConsoleEpisode>,
    /// The same by the names of their files: 第二讲 before 第十讲.
    by_file_name: Vec<Uuid>,
}

/// A series to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SeriesRequest {
    /// 1 to 100 characters.
    title: String,
    /// At most 2,000 characters.
    #[serde(default)]
    about: String,
    /// At most 100 characters.
    #[serde(default)]
    category: String,
    /// Whose it is.
    unit_id: Uuid,
    /// Everybody who is signed in may listen; else members of the unit.
    #[serde(default)]
    public: bool,
    /// What it earns; credit for each episode if it is not given.
    credit: Option<SeriesCredit>,
    /// The rule its episodes are credited by; null or not given: the default rule of the day they are added.
    rule_id: Option<Uuid>,
}

/// What to change; what is not given stays. A rule that is null goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "missing and null differ (RFC 7396)")]
pub(super) struct SeriesEditRequest {
    title: Option<String>,
    about: Option<String>,
    category: Option<String>,
    public: Option<bool>,
    credit: Option<SeriesCredit>,
    /// The rule new episodes are credited by, and those nobody has opened; null: the default rule of the day.
    #[serde(default, deserialize_with = "given")]
    rule_id: Option<Option<Uuid>>,
}

/// Episodes in an order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderRequest {
    /// Of this series, at most 2,000; others it has come after them.
    episodes: Vec<Uuid>,
}

/// Episodes to publish.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PublishRequest {
    /// Of this series, at most 2,000.
    episodes: Vec<Uuid>,
    /// From when on, UTC milliseconds; null: from now on.
    publish_at: Option<i64>,
}

/// The series of the viewer's part of the tree.
#[utoipa::path(get, path = "/api/console/library/series", tag = "console", responses((status = OK, body = ConsoleSeriesList)))]
pub(super) async fn list(State(app): State<AppState>, viewer: Viewer) -> ApiResult<Json<ConsoleSeriesList>> {
    let catalogue = app.library.refresh().await?;
    let audience = viewer.audience(&app);
    let mut own: Vec<_> = catalogue.all_series().filter(|series| audience.oversees(series)).collect();
    own.sort_by_key(|series| (std::cmp::Reverse(series.created_at), series.id));
    let mut categories: Vec<String> =
        own.iter().map(|series| series.category.clone()).filter(|name| !name.is_empty()).collect();
    categories.sort();
    categories.dedup();
    let series = own.into_iter().map(|series| ConsoleSeries::of(&catalogue, series)).collect();
    Ok(Json(ConsoleSeriesList { series, categories }))
}

/// Makes a series.
#[utoipa::path(post, path = "/api/console/library/series", tag = "console", request_body = SeriesRequest,
    responses((status = CREATED, body = ConsoleSeries), (status = FORBIDDEN, description = "not_allowed: the unit is not yours"),
              (status = UNPROCESSABLE_ENTITY, description = "text_empty, text_too_long, text_characters, unit_unknown, unit_closed, rule_unknown")))]
pub(super) async fn add(
    State(app): State<AppState>,
    viewer: Viewer,
    Body(body): Body<SeriesRequest>,
) -> ApiResult<(StatusCode, Json<ConsoleSeries>)> {
    let unit = app.store.unit(body.unit_id).await?;
    let unit = unit.ok_or_else(|| Problem::field("unit_id", "unit_unknown", "There is no such unit."))?;
    if !viewer.organizes(&unit.path) {
        return Err(Problem::forbidden("not_allowed", "You do not organize this unit."));
    }
    open_unit(&app, &viewer, "unit_id", unit.id).await?;
    check_rule(&app, body.rule_id).await?;
    let new = NewSeries {
        id: app.source.id(),
        title: text::name("title", &body.title)?,
        about: text::summary("about", &body.about)?,
        category: text::reason("category", &body.category)?,
        unit_id: unit.id,
        public: body.public,
        credit: body.credit.unwrap_or(SeriesCredit::Episode),
        rule_id: body.rule_id,
        actor_id: viewer.user.id,
        at: app.source.now(),
    };
    let id = new.id;
    app.store.add_series(new).await?;
    let catalogue = app.library.refresh().await?;
    let series = catalogue.series(id).ok_or_else(Problem::not_found)?;
    Ok((StatusCode::CREATED, Json(ConsoleSeries::of(&catalogue, series))))
}

/// One series with its episodes, drafts too.
#[utoipa::path(get, path = "/api/console/library/series/{series_id}", tag = "console", params(("series_id" = Uuid, Path)),
    responses((status = OK, body = ConsoleSeriesDetail)))]
pub(super) async fn detail(
    State(app): State<AppState>,
    scope: SeriesScope,
) -> ApiResult<Json<ConsoleSeriesDetail>> {
    answer(&app, scope.series.id).await
}

/// The series as it is now.
pub(super) async fn answer(app: &AppState, id: Uuid) -> ApiResult<Json<ConsoleSeriesDetail>> {
    let catalogue = app.library.refresh().await?;
    let series = catalogue.series(id).ok_or_else(Problem::not_found)?;
    let episodes = episodes_of(app, &catalogue, id).await;
    let mut by_file_name: Vec<&Episode> = catalogue.episodes_of(id).iter().collect();
    by_file_name.sort_by_cached_key(|episode| {
        episode.versions.last().map(|version| order::file_key(&version.file_name))
    });
    let by_file_name = by_file_name.into_iter().map(|episode| episode.id).collect();
    Ok(Json(ConsoleSeriesDetail { series: ConsoleSeries::of(&catalogue, series), episodes, by_file_name }))
}

/// Changes a series.
#[utoipa::path(patch, path = "/api/console/library/series/{series_id}", tag = "console", params(("series_id" = Uuid, Path)),
    request_body = SeriesEditRequest,
    responses((status = OK, body = ConsoleSeriesDetail),
              (status = CONFLICT, description = "credit_fixed: somebody has heard of it"),
              (status = UNPROCESSABLE_ENTITY, description = "text_empty, text_too_long, text_characters, rule_unknown")))]
pub(super) async fn edit(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: SeriesScope,
    Body(body): Body<SeriesEditRequest>,
) -> ApiResult<Json<ConsoleSeriesDetail>> {
    check_rule(&app, body.rule_id.flatten()).await?;
    let edit = SeriesEdit {
        title: body.title.map(|title| text::name("title", &title)).transpose()?,
        about: body.about.map(|about| text::summary("about", &about)).transpose()?,
        category: body.category.map(|category| text::reason("category", &category)).transpose()?,
        public: body.public,
        credit: body.credit,
        rule_id: body.rule_id,
    };
    let id = scope.series.id;
    changed(app.store.edit_series(id, edit, viewer.user.id, app.source.now()).await?)?;
    answer(&app, id).await
}

/// Removes a series nobody ever opened anything of.
#[utoipa::path(delete, path = "/api/console/library/series/{series_id}", tag = "console", params(("series_id" = Uuid, Path)),
    responses((status = NO_CONTENT), (status = CONFLICT, description = "heard: withdraw its episodes instead")))]
pub(super) async fn remove(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: SeriesScope,
) -> ApiResult<StatusCode> {
    let id = scope.series.id;
    done(app.store.remove_series(id, viewer.user.id, app.source.now()).await?)?;
    let versions = scope.catalogue.episodes_of(id).iter().flat_map(|episode| &episode.versions);
    for version in versions {
        forget(&app, version.id).await;
    }
    app.library.refresh().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Has the node forget a version. If it is away its files stay, and take room.
pub(super) async fn forget(app: &AppState, version: Uuid) {
    if app.media.forget_audio(version).await.is_err() {
        tracing::warn!(%version, "the files of a removed episode stay: the media node does not answer");
    }
}

/// Puts episodes in order.
#[utoipa::path(put, path = "/api/console/library/series/{series_id}/order", tag = "console", params(("series_id" = Uuid, Path)),
    request_body = OrderRequest,
    responses((status = OK, body = ConsoleSeriesDetail), (status = UNPROCESSABLE_ENTITY, description = "too_many_episodes, episode_unknown")))]
pub(super) async fn set_order(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: SeriesScope,
    Body(body): Body<OrderRequest>,
) -> ApiResult<Json<ConsoleSeriesDetail>> {
    check(&scope, &body.episodes)?;
    let id = scope.series.id;
    app.store.order_episodes(id, &body.episodes, viewer.user.id, app.source.now()).await?;
    answer(&app, id).await
}

/// Publishes episodes, now or from a date on.
#[utoipa::path(post, path = "/api/console/library/series/{series_id}/publish", tag = "console", params(("series_id" = Uuid, Path)),
    request_body = PublishRequest,
    responses((status = OK, body = ConsoleSeriesDetail), (status = CONFLICT, description = "not_ready: which one is in `episode`"),
              (status = UNPROCESSABLE_ENTITY, description = "too_many_episodes, episode_unknown, publish_at_wrong")))]
pub(super) async fn publish(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: SeriesScope,
    Body(body): Body<PublishRequest>,
) -> ApiResult<Json<ConsoleSeriesDetail>> {
    check(&scope, &body.episodes)?;
    let at = date(body.publish_at)?.unwrap_or_else(|| app.source.wall());
    for id in &body.episodes {
        if scope
            .catalogue
            .episode(*id)
            .is_some_and(|episode| episode.heard().is_none() && at <= app.source.wall())
        {
            let sentence = "One of the episodes cannot be heard yet. Publish it when its file is ready, or on a later date.";
            return Err(Problem::conflict("not_ready", sentence).with("episode", id.to_string()));
        }
    }
    done(app.store.publish_episodes(&body.episodes, at, viewer.user.id, app.source.now()).await?)?;
    answer(&app, scope.series.id).await
}

fn check(scope: &SeriesScope, episodes: &[Uuid]) -> ApiResult<()> {
    if episodes.len() > EPISODES {
        let sentence = "Choose at most 2,000 episodes at once.";
        return Err(Problem::field("episodes", "too_many_episodes", sentence).with("limit", EPISODES));
    }
    let own = |id: &Uuid| scope.catalogue.episode(*id).is_some_and(|one| one.series_id == scope.series.id);
    if !episodes.iter().all(own) {
        let sentence = "One of the episodes is not in this series any more. Load the page again.";
        return Err(Problem::field("episodes", "episode_unknown", sentence));
    }
    Ok(())
}

/// A date that can be one.
pub(super) fn date(at: Option<i64>) -> ApiResult<Option<i64>> {
    match at {
        Some(at) if !DATES.contains(&at) => {
            Err(Problem::field("publish_at", "publish_at_wrong", "Choose a date between 2020 and 2100."))
        }
        at => Ok(at),
    }
}

/// What became of an edit.
pub(super) fn changed(outcome: LibraryOutcome) -> ApiResult<()> {
    if outcome == LibraryOutcome::Heard {
        let sentence = "Somebody listened to it already, so what it earns stays as it is.";
        return Err(Problem::conflict("credit_fixed", sentence));
    }
    done(outcome)
}

/// What became of a change.
pub(super) fn done(outcome: LibraryOutcome) -> ApiResult<()> {
    match outcome {
        LibraryOutcome::Done => Ok(()),
        LibraryOutcome::NotFound => Err(Problem::not_found()),
        LibraryOutcome::Heard => {
            let sentence =
                "Somebody listened to it, and what they heard stays on record. Withdraw it instead.";
            Err(Problem::conflict("heard", sentence))
        }
    }
}
