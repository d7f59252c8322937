//! `GET /api/console/lessons`: lessons of the organizer's part of the tree.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use yunke_store::{LessonFilter, LessonPhase, Page};

use crate::{
    auth::Viewer,
    problem::ApiResult,
    routes::{
        extract::Query,
        lessons::card::{LessonCard, cards},
    },
    state::AppState,
};

/// Cards of a page.
const CARDS: u32 = 50;

/// Which lessons.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only lessons in this phase.
    state: Option<LessonPhase>,
    /// 1 is the first.
    page: Option<u32>,
}

/// A page of lessons.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LessonPage {
    items: Vec<LessonCard>,
    page: u32,
    /// There is a next page.
    more: bool,
}

/// Lessons of the organizer's part of the tree, latest first; planned ones nearest first.
#[utoipa::path(get, path = "/api/console/lessons", tag = "console", params(Which),
    responses((status = OK, body = LessonPage)))]
pub(super) async fn lessons(
    State(app): State<AppState>,
    viewer: Viewer,
    Query(which): Query<Which>,
) -> ApiResult<Json<LessonPage>> {
    let page = which.page.unwrap_or(1).max(1);
    let filter = LessonFilter {
        within_paths: Some(viewer.overseen_paths()),
        phases: which.state.into_iter().collect(),
        latest_first: true,
        // Upcoming lessons are listed from now on.
        nearest_to: (which.state == Some(LessonPhase::Planned)).then(|| app.source.wall()),
        ..LessonFilter::default()
    };
    page_of(&app, &filter, page).await
}

/// A page of the lessons a filter lets through.
pub(super) async fn page_of(app: &AppState, filter: &LessonFilter, page: u32) -> ApiResult<Json<LessonPage>> {
    let offset = i64::from(page - 1) * i64::from(CARDS);
    let mut found = app.store.lessons(filter, Page { offset, limit: i64::from(CARDS) + 1 }).await?;
    let more = found.len() > CARDS as usize;
    found.truncate(CARDS as usize);
    Ok(Json(LessonPage { items: cards(app, None, found).await?, page, more }))
}
