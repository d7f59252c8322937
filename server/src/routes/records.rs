//! `GET /api/me/records`: what the viewer attended, what of it counts, and what does not and why.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{Lesson, LessonPhase, Page, UtcMillis};

use super::{extract::Query, lessons::card::ReplayStanding, paging::Which};
use crate::{
    attendance::Outcome,
    auth::Viewer,
    evidence::{EvidenceInterval, Piece, Progress, Record, Records, SlowDown, axis_ms, gaps, outages},
    problem::{ApiResult, Problem},
    state::AppState,
};

/// Most beats shown that did not count, the last ones of a lesson: many times what any player makes.
const NOT_COUNTED: usize = 1_000;

/// Lessons of a page.
const LESSONS: u32 = 20;

/// A page of one's own record, the latest lesson first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecordPage {
    items: Vec<MyRecord>,
    page: u32,
    /// There is a next page.
    more: bool,
}

/// One lesson of one's own record.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MyRecord {
    lesson_id: Uuid,
    title: String,
    lecturer_name: String,
    phase: LessonPhase,
    planned_start_at: i64,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    /// How far, and what it is worth; final once the lesson is over.
    progress: Progress,
    /// Hundredths of a percent.
    coverage_bp: i64,
    /// Why not more: `null` for full credit, else `half`, `below_half` or `nothing`.
    #[schema(value_type = Option<String>)]
    reason: Option<&'static str>,
    /// Length of the lesson's time axis, interruptions included.
    lesson_ms: i64,
    /// How it is with the replay, by which what is missing can be added.
    replay: ReplayStanding,
    /// Where the replay that is shown begins and ends; null: with the lesson.
    replay_in_ms: i64,
    replay_out_ms: Option<i64>,
    /// Interruptions.
    gaps: Vec<Piece>,
    /// The pieces that count.
    counted: Vec<Piece>,
    /// What was reported but does not count, or not wholly, with the reasons; the last 1,000.
    not_counted: Vec<EvidenceInterval>,
}

impl MyRecord {
    fn new(lesson: &Lesson, record: &Record, now: UtcMillis) -> Self {
        Self {
            lesson_id: lesson.id,
            title: lesson.title.clone(),
            lecturer_name: lesson.lecturer_name.clone(),
            phase: lesson.phase,
            planned_start_at: lesson.planned_start_at,
            started_at: lesson.started_at,
            ended_at: lesson.ended_at,
            progress: record.credit.into(),
            coverage_bp: record.credit.coverage_bp(),
            reason: crate::evidence::why_not_more(&record.credit),
            lesson_ms: axis_ms(lesson, now),
            replay: ReplayStanding::of(lesson, lesson.replay_ready, now),
            replay_in_ms: lesson.trim().in_ms,
            replay_out_ms: lesson.trim().out_ms,
            gaps: gaps(lesson).map(Piece::from).collect(),
            counted: record.judged.covered.iter().map(Piece::from).collect(),
            not_counted: latest_of(
                EvidenceInterval::of(record)
                    .into_iter()
                    // What is only marked counts.
                    .filter(|interval| interval.verdict != Outcome::Accepted.code())
                    .collect(),
            ),
        }
    }
}

/// The last of them, as many as are shown.
fn latest_of(mut intervals: Vec<EvidenceInterval>) -> Vec<EvidenceInterval> {
    intervals.drain(..intervals.len().saturating_sub(NOT_COUNTED));
    intervals
}

/// One's own record.
#[utoipa::path(get, path = "/api/me/records", tag = "account", params(Which),
    responses((status = OK, body = RecordPage),
              (status = TOO_MANY_REQUESTS, description = "slow_down: too many of these at once")))]
pub(super) async fn records(
    State(app): State<AppState>,
    viewer: Viewer,
    Query(which): Query<Which>,
) -> ApiResult<Json<RecordPage>> {
    let page = which.number();
    let wanted = Page { offset: i64::from(page - 1) * i64::from(LESSONS), limit: i64::from(LESSONS) + 1 };
    let user = viewer.user.id;
    let _turn = app.rooms.limits().turn(user).await.map_err(|SlowDown { retry_s }| {
        let sentence = "Your record was asked for too often in a short time. Wait a moment, then try again.";
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "slow_down", sentence).retry_after(retry_s)
    })?;
    let mut ids = app.store.lessons_of_member(user, UtcMillis::MIN, UtcMillis::MAX, wanted).await?;
    let more = ids.len() > LESSONS as usize;
    ids.truncate(LESSONS as usize);
    let now = app.source.now();
    let outages = outages(app.store.as_ref(), now).await?;
    let mut items = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(lesson) = app.store.lesson(id).await?.map(Arc::new) else { continue };
        let mut records = Records::with_outages(app.store.clone(), &lesson, outages.clone(), now);
        if let Some(record) = records.of(user).await? {
            items.push(MyRecord::new(&lesson, &record, now));
        }
    }
    Ok(Json(RecordPage { items, page, more }))
}
