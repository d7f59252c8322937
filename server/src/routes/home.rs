//! `GET /api/home`: what is on now, today, soon, and what can be watched again.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use yunke_store::{LessonFilter, LessonPhase, Page};

use super::lessons::card::{LessonCard, cards};
use crate::{
    auth::Viewer,
    calendar::{day_of, year_of},
    problem::ApiResult,
    room::Standing,
    state::AppState,
};

/// How far ahead lessons are shown: 30 days.
const AHEAD_MS: i64 = 30 * 86_400_000;

/// Most cards of a kind.
const CARDS: i64 = 30;

/// Credit hours a member is to have in a year, in thousandths.
const TARGET_HOURS_MILLI: i64 = 32_000;

/// The first page of a member.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Home {
    /// UTC milliseconds, for countdowns that do not trust the phone's clock.
    now: i64,
    live: Vec<LessonCard>,
    today: Vec<LessonCard>,
    upcoming: Vec<LessonCard>,
    replays: Vec<LessonCard>,
    progress: YearProgress,
}

/// Credit hours of a year.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct YearProgress {
    year: i16,
    earned_hours_milli: i64,
    target_hours_milli: i64,
}

/// The first page of a member.
#[utoipa::path(get, path = "/api/home", tag = "lessons", responses((status = OK, body = Home)))]
pub(super) async fn home(State(app): State<AppState>, viewer: Viewer) -> ApiResult<Json<Home>> {
    let now = app.source.now();
    let standing = Standing::of(&app.rooms, &app.kept_progress, viewer.user.id).await?;
    // The day is the wall clock's.
    let date = app.source.wall();
    let today = day_of(date);
    let (year, this_year) = year_of(date);
    let seen = LessonFilter { seen_by: Some(viewer.seen_by()), ..LessonFilter::default() };
    let planned = LessonFilter { phases: vec![LessonPhase::Planned], ..seen.clone() };
    let live = LessonFilter { phases: vec![LessonPhase::Live], ..seen.clone() };
    let of_today = LessonFilter { from: Some(today.start), until: Some(today.end), ..planned.clone() };
    let later = LessonFilter { from: Some(today.end), until: Some(date + AHEAD_MS), ..planned };
    let ended =
        LessonFilter { phases: vec![LessonPhase::Ended], replayable: true, latest_first: true, ..seen };
    Ok(Json(Home {
        now,
        live: list(&app, &standing, &live).await?,
        today: list(&app, &standing, &of_today).await?,
        upcoming: list(&app, &standing, &later).await?,
        replays: list(&app, &standing, &ended).await?,
        progress: YearProgress {
            year,
            earned_hours_milli: standing.hours_in(this_year.start, this_year.end).await?,
            target_hours_milli: TARGET_HOURS_MILLI,
        },
    }))
}

async fn list(app: &AppState, standing: &Standing<'_>, filter: &LessonFilter) -> ApiResult<Vec<LessonCard>> {
    let lessons = app.store.lessons(filter, Page { offset: 0, limit: CARDS }).await?;
    cards(app, Some(standing), lessons).await
}
