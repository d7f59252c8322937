//! `GET /api/console/lessons/{id}/attendance`: a lesson's attendance, and one member's evidence behind it.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    auth::{LessonScope, Viewer},
    evidence::{AttendanceRow, EvidenceInterval, Piece, Records, axis_ms},
    problem::{ApiResult, Problem},
    routes::extract::{Path, Query},
    state::AppState,
};

/// Rows of a page.
const ROWS: usize = 50;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// 1 is the first.
    page: Option<usize>,
}

/// A page of attendance, ordered by branch and name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttendancePage {
    rows: Vec<AttendanceRow>,
    page: usize,
    /// Rows on all pages.
    total: usize,
    /// There is a next page.
    more: bool,
}

/// One member's attendance with the evidence behind it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MemberAttendance {
    row: AttendanceRow,
    /// Milliseconds that passed every other check although no media node delivered them; counted if the rule says so.
    uncorroborated_ms: i64,
    /// Length of the lesson's time axis, interruptions included.
    lesson_ms: i64,
    /// Interruptions.
    gaps: Vec<Piece>,
    /// What the player reported and what became of it, in order of receipt.
    intervals: Vec<EvidenceInterval>,
}

/// Attendance of a lesson: members of the organizer's part of the tree.
#[utoipa::path(get, path = "/api/console/lessons/{id}/attendance", tag = "console",
    params(("id" = uuid::Uuid, Path), Which), responses((status = OK, body = AttendancePage)))]
pub(super) async fn attendance(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Query(which): Query<Which>,
) -> ApiResult<Json<AttendancePage>> {
    let page = which.page.unwrap_or(1).max(1);
    let attendees = app.store.attendees(scope.lesson.id, Some(&viewer.organized_paths())).await?;
    let total = attendees.len();
    let from = (page - 1).saturating_mul(ROWS);
    let users: Vec<Uuid> =
        attendees.into_iter().skip(from).take(ROWS).map(|attendee| attendee.user_id).collect();
    let mut records = Records::new(app.store.clone(), scope.lesson.clone(), app.source.now()).await?;
    let rows = records.of_all(&users).await?.iter().map(AttendanceRow::from).collect();
    Ok(Json(AttendancePage { rows, page, total, more: total > from.saturating_add(ROWS) }))
}

/// Which member.
#[derive(Debug, Deserialize)]
pub(super) struct Member {
    member_id: Uuid,
}

/// One member's evidence.
#[utoipa::path(get, path = "/api/console/lessons/{id}/attendance/{member_id}", tag = "console",
    params(("id" = uuid::Uuid, Path), ("member_id" = uuid::Uuid, Path)),
    responses((status = OK, body = MemberAttendance)))]
pub(super) async fn member(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Path(Member { member_id }): Path<Member>,
) -> ApiResult<Json<MemberAttendance>> {
    let attendees = app.store.attendees(scope.lesson.id, Some(&viewer.organized_paths())).await?;
    if !attendees.iter().any(|attendee| attendee.user_id == member_id) {
        return Err(Problem::not_found());
    }
    let now = app.source.now();
    let mut records = Records::new(app.store.clone(), scope.lesson.clone(), now).await?;
    let record = records.of(member_id).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(MemberAttendance {
        row: AttendanceRow::from(&record),
        uncorroborated_ms: record.judged.uncorroborated_ms(),
        lesson_ms: axis_ms(&scope.lesson, now),
        gaps: scope.lesson.gaps.iter().map(|gap| Piece { from_ms: gap.from_ms, to_ms: gap.to_ms }).collect(),
        intervals: EvidenceInterval::of(&record),
    }))
}
