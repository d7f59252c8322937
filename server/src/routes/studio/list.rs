//! `GET /api/studio/lessons`: lessons one gives or organizes, nearest first.

use axum::{Json, extract::State};
use yunke_store::{LessonFilter, LessonPhase, Page, SeenBy};

use crate::{
    auth::Viewer,
    problem::ApiResult,
    routes::lessons::card::{LessonCard, cards},
    state::AppState,
};

/// Cards at most.
const CARDS: i64 = 50;

/// Lessons that ended longer ago are not shown: 14 days.
const BACK_MS: i64 = 14 * 86_400_000;

/// Lessons one gives or organizes: live, then planned, then those of the last two weeks.
#[utoipa::path(get, path = "/api/studio/lessons", tag = "studio", responses((status = OK, body = Vec<LessonCard>)))]
pub(super) async fn lessons(State(app): State<AppState>, viewer: Viewer) -> ApiResult<Json<Vec<LessonCard>>> {
    let run = SeenBy { branch_path: None, ..viewer.seen_by() };
    let since = app.source.wall() - BACK_MS;
    let mut all = Vec::new();
    for phase in [LessonPhase::Live, LessonPhase::Planned, LessonPhase::Ended] {
        let filter = LessonFilter {
            seen_by: Some(run.clone()),
            phases: vec![phase],
            from: Some(since),
            latest_first: phase == LessonPhase::Ended,
            ..LessonFilter::default()
        };
        all.extend(app.store.lessons(&filter, Page { offset: 0, limit: CARDS }).await?);
    }
    Ok(Json(cards(&app, None, all).await?))
}
