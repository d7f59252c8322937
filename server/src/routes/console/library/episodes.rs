//! `/api/console/library/episodes/{id}…`: changing an episode.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{EpisodeChapter, EpisodeEdit, Speaker, VersionState};

use super::series::{ConsoleSeriesDetail, answer, changed, date, done, forget};
use crate::{
    auth::{EpisodeScope, Viewer},
    library::ChapterView,
    problem::{ApiResult, Problem},
    routes::{
        extract::{Body, given},
        text,
    },
    state::AppState,
};

/// Chapters of an episode at most.
const CHAPTERS: usize = 500;
/// Numbers an episode may have.
const NUMBERS: std::ops::RangeInclusive<i64> = 0..=99_999;

/// What to change; what is not given stays. `null` takes number, speaker and date away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "missing and null differ (RFC 7396)")]
pub(super) struct EpisodeEditRequest {
    title: Option<String>,
    about: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    number: Option<Option<i64>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Uuid>)]
    speaker_id: Option<Option<Uuid>>,
    /// Instead of `speaker_id`: by name; somebody of that name, or a new speaker.
    speaker_name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    publish_at: Option<Option<i64>>,
    series_id: Option<Uuid>,
    withdrawn: Option<bool>,
}

/// Chapters, in place of those there are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChaptersRequest {
    /// At most 500; sorted by time, and those beyond the end are moved to it.
    chapters: Vec<ChapterRequest>,
}

/// A chapter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChapterRequest {
    at_ms: i64,
    title: String,
}

/// Changes an episode.
#[utoipa::path(patch, path = "/api/console/library/episodes/{episode_id}", tag = "console", params(("episode_id" = Uuid, Path)),
    request_body = EpisodeEditRequest,
    responses((status = OK, body = ConsoleSeriesDetail), (status = CONFLICT, description = "not_ready, credit_fixed"),
              (status = FORBIDDEN, description = "not_allowed: the other series is not yours"),
              (status = UNPROCESSABLE_ENTITY, description = "text_empty, text_too_long, text_characters, number_wrong, \
                                                             speaker_unknown, series_unknown, publish_at_wrong")))]
pub(super) async fn edit(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: EpisodeScope,
    Body(body): Body<EpisodeEditRequest>,
) -> ApiResult<Json<ConsoleSeriesDetail>> {
    if let Some(Some(number)) = body.number
        && !NUMBERS.contains(&number)
    {
        return Err(Problem::field("number", "number_wrong", "A number is 0 to 99,999."));
    }
    if let Some(series_id) = body.series_id {
        let other = scope.catalogue.series(series_id);
        let other =
            other.ok_or_else(|| Problem::field("series_id", "series_unknown", "There is no such series."))?;
        if !scope.audience.organizes(other) {
            return Err(Problem::forbidden("not_allowed", "You do not organize that series."));
        }
    }
    let publish_at = body.publish_at.map(date).transpose()?;
    let out_now = publish_at.flatten().is_some_and(|at| at <= app.source.wall());
    if out_now && scope.episode.heard().is_none() {
        let sentence =
            "This episode cannot be heard yet. Publish it when its file is ready, or on a later date.";
        return Err(Problem::conflict("not_ready", sentence));
    }
    let edit = EpisodeEdit {
        title: body.title.as_ref().map(|title| text::name("title", title)).transpose()?,
        about: body.about.as_ref().map(|about| text::summary("about", about)).transpose()?,
        number: body.number,
        speaker_id: speaker(&app, &viewer, &scope, &body).await?,
        publish_at,
        series_id: body.series_id,
        withdrawn: body.withdrawn,
    };
    changed(app.store.edit_episode(scope.episode.id, edit, viewer.user.id, app.source.now()).await?)?;
    answer(&app, body.series_id.unwrap_or(scope.series.id)).await
}

async fn speaker(
    app: &AppState,
    viewer: &Viewer,
    scope: &EpisodeScope,
    body: &EpisodeEditRequest,
) -> ApiResult<Option<Option<Uuid>>> {
    if let Some(Some(id)) = body.speaker_id
        && scope.catalogue.speaker(id).is_none()
    {
        return Err(Problem::field("speaker_id", "speaker_unknown", "There is no such speaker."));
    }
    let Some(name) = &body.speaker_name else { return Ok(body.speaker_id) };
    let name = text::name("speaker_name", name)?;
    if let Some(known) = scope.catalogue.all_speakers().find(|speaker| speaker.name == name) {
        return Ok(Some(Some(known.id)));
    }
    let new = Speaker { id: app.source.id(), name, about: String::new() };
    let id = new.id;
    app.store.add_speaker(new, viewer.user.id, app.source.now()).await?;
    Ok(Some(Some(id)))
}

/// Removes an episode nobody ever opened.
#[utoipa::path(delete, path = "/api/console/library/episodes/{episode_id}", tag = "console", params(("episode_id" = Uuid, Path)),
    responses((status = NO_CONTENT), (status = CONFLICT, description = "heard: withdraw it instead")))]
pub(super) async fn remove(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: EpisodeScope,
) -> ApiResult<StatusCode> {
    done(app.store.remove_episode(scope.episode.id, viewer.user.id, app.source.now()).await?)?;
    for version in &scope.episode.versions {
        forget(&app, version.id).await;
    }
    app.library.refresh().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begins the newest file again, after it failed.
#[utoipa::path(post, path = "/api/console/library/episodes/{episode_id}/retry", tag = "console", params(("episode_id" = Uuid, Path)),
    responses((status = OK, body = ConsoleSeriesDetail), (status = CONFLICT, description = "not_failed, file_gone"),
              (status = SERVICE_UNAVAILABLE, description = "media_unavailable")))]
pub(super) async fn retry(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: EpisodeScope,
) -> ApiResult<Json<ConsoleSeriesDetail>> {
    let failed = scope.episode.versions.last().filter(|version| version.state == VersionState::Failed);
    let failed = failed
        .ok_or_else(|| Problem::conflict("not_failed", "The newest file of this episode did not fail."))?;
    app.media.retry_audio(failed.id).await?;
    done(app.store.retry_version(failed.id, viewer.user.id, app.source.now()).await?)?;
    answer(&app, scope.series.id).await
}

/// Replaces the chapters of an episode.
#[utoipa::path(put, path = "/api/console/library/episodes/{episode_id}/chapters", tag = "console", params(("episode_id" = Uuid, Path)),
    request_body = ChaptersRequest,
    responses((status = OK, body = Vec<ChapterView>), (status = UNPROCESSABLE_ENTITY, description =
        "too_many_chapters, chapter_time, text_empty, text_too_long, text_characters")))]
pub(super) async fn chapters(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: EpisodeScope,
    Body(body): Body<ChaptersRequest>,
) -> ApiResult<Json<Vec<ChapterView>>> {
    if body.chapters.len() > CHAPTERS {
        let sentence = "An episode has at most 500 chapters.";
        return Err(Problem::field("chapters", "too_many_chapters", sentence).with("limit", CHAPTERS));
    }
    let length_ms = scope.episode.heard().and_then(|version| version.length_ms).unwrap_or(i64::MAX);
    let mut chapters = Vec::with_capacity(body.chapters.len());
    for chapter in body.chapters {
        if chapter.at_ms < 0 {
            return Err(Problem::field(
                "at_ms",
                "chapter_time",
                "A chapter begins at or after the beginning.",
            ));
        }
        let title = text::name("title", &chapter.title)?;
        chapters.push(EpisodeChapter { at_ms: chapter.at_ms.min(length_ms), title });
    }
    chapters.sort_by_key(|chapter| chapter.at_ms);
    chapters.dedup_by_key(|chapter| chapter.at_ms);
    app.store
        .set_episode_chapters(scope.episode.id, chapters.clone(), viewer.user.id, app.source.now())
        .await?;
    app.library.refresh().await?;
    Ok(Json(chapters.into_iter().map(ChapterView::from).collect()))
}
