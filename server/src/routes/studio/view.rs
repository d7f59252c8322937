//! `GET /api/studio/lessons/{id}`: a lesson as its lecturer sees it.

use axum::{Json, extract::State, http::HeaderMap};
use serde::Serialize;
use utoipa::ToSchema;
use yunke_protocol::{HealthNote, Publisher, RefusedPublisher, WaitingFor};

use super::doors::Doors;
use crate::{
    auth::{LessonScope, Viewer},
    problem::ApiResult,
    routes::lessons::detail::{LessonDetail, detail_of},
    state::AppState,
};

/// A lesson as its lecturer sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StudioLesson {
    lesson: LessonDetail,
    #[serde(flatten)]
    doors: Doors,
    /// A stream key was given out; it cannot be shown again, only replaced.
    key_set: bool,
    /// What arrives.
    publisher: Option<Publisher>,
    /// What is wrong with it, worst first.
    notes: Vec<HealthNote>,
    /// A publisher that showed the key in the last minute and was refused.
    refused: Option<RefusedPublisher>,
    /// What keeps a lesson that was started from going on air.
    waiting_for: Option<WaitingFor>,
    /// Since when nothing arrives.
    outage_since: Option<i64>,
    /// The media service answers.
    media_up: bool,
    viewers_now: u32,
    people: u32,
    peak: u32,
}

/// All of a lesson for its staff.
pub(super) async fn studio_lesson(
    app: &AppState,
    viewer: &Viewer,
    scope: &LessonScope,
    headers: &HeaderMap,
) -> ApiResult<StudioLesson> {
    let now = app.source.now();
    let facts = app.media.facts(&scope.lesson, now);
    let counts = app.rooms.counts_of(scope.lesson.id).await?;
    Ok(StudioLesson {
        lesson: detail_of(app, viewer, &scope.lesson, scope.may).await?,
        doors: Doors::of(app, headers),
        key_set: scope.lesson.key_set,
        notes: facts.publisher.as_ref().map(|publisher| publisher.notes.clone()).unwrap_or_default(),
        publisher: facts.publisher,
        refused: facts.refused,
        waiting_for: facts.waiting_for,
        outage_since: facts.outage_since,
        media_up: app.media.is_up(now),
        viewers_now: counts.viewers_now,
        people: counts.people,
        peak: counts.peak,
    })
}

/// A lesson as its lecturer sees it.
#[utoipa::path(get, path = "/api/studio/lessons/{id}", tag = "studio", params(("id" = uuid::Uuid, Path)),
    responses((status = OK, body = StudioLesson)))]
pub(super) async fn lesson(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    headers: HeaderMap,
) -> ApiResult<Json<StudioLesson>> {
    studio_lesson(&app, &viewer, &scope, &headers).await.map(Json)
}
