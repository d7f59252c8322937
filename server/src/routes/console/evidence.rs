//! `GET /api/console/lessons/{id}/attendance/{member_id}`: one member's evidence behind their row.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use yunke_store::{AuditEntry, Page, RollFilter, RollPart};

use super::attendance::window;
use crate::{
    auth::{LessonScope, Viewer},
    evidence::{AttendanceRow, EvidenceInterval, Piece, Records, axis_ms, gaps},
    problem::{ApiResult, Problem},
    routes::extract::{Path, Query},
    state::AppState,
};

/// Beats of a member on one page: more than a player makes in a lesson of half a day.
const INTERVALS: usize = 5_000;

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
    /// The pieces that count, of all reports.
    counted: Vec<Piece>,
    /// What the player reported and what became of it, in order of receipt; a page of it, 5,000 long.
    intervals: Vec<EvidenceInterval>,
    /// How many there are on all pages.
    intervals_total: usize,
    /// The page that is answered.
    page: usize,
    /// There is a next page of it.
    intervals_more: bool,
}

/// Which member.
#[derive(Debug, Deserialize)]
pub(super) struct Member {
    pub(super) member_id: Uuid,
}

/// Which part of the evidence.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// 1 is the first; past the end the last page is answered.
    page: Option<usize>,
}

/// The line about somebody who looks at another one's evidence: those it is about may ask who did.
fn looked(viewer: &Viewer, lesson_id: Uuid, member_id: Uuid, at: i64) -> AuditEntry {
    AuditEntry {
        at,
        actor_id: Some(viewer.user.id),
        action: "evidence.look".to_owned(),
        subject_kind: "person".to_owned(),
        subject_id: member_id,
        detail: serde_json::json!({ "lesson_id": lesson_id }).to_string(),
    }
}

/// One member's evidence.
#[utoipa::path(get, path = "/api/console/lessons/{id}/attendance/{member_id}", tag = "console",
    params(("id" = uuid::Uuid, Path), ("member_id" = uuid::Uuid, Path), Part),
    responses((status = OK, body = MemberAttendance)))]
pub(super) async fn member(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Path(Member { member_id }): Path<Member>,
    Query(part): Query<Part>,
) -> ApiResult<Json<MemberAttendance>> {
    let lesson = scope.lesson;
    let attendees = app.store.attendees(lesson.id, Some(&viewer.overseen_paths())).await?;
    if !attendees.iter().any(|attendee| attendee.user_id == member_id) {
        return Err(Problem::not_found());
    }
    let now = app.source.now();
    let mut records = Records::new(app.store.clone(), &lesson, now).await?;
    let record = records.of(member_id).await?.ok_or_else(Problem::not_found)?;
    let filter = RollFilter {
        within: viewer.overseen_paths(),
        part: RollPart::All,
        query: String::new(),
        user_id: Some(member_id),
    };
    let roll = app.store.roll(lesson.id, &filter, Page { offset: 0, limit: 1 }).await?;
    if part.page.is_none() && member_id != viewer.user.id {
        app.store.audit(looked(&viewer, lesson.id, member_id, now)).await?;
    }
    let all = EvidenceInterval::of(&record);
    let intervals_total = all.len();
    let page = part.page.unwrap_or(1).clamp(1, intervals_total.div_ceil(INTERVALS).max(1));
    Ok(Json(MemberAttendance {
        row: AttendanceRow::of(&record, roll.entries.first(), window(&app, &lesson)),
        uncorroborated_ms: record.judged.uncorroborated_ms(),
        lesson_ms: axis_ms(&lesson, now),
        gaps: gaps(&lesson).map(Piece::from).collect(),
        counted: record.judged.covered.iter().map(Piece::from).collect(),
        intervals: all.into_iter().skip((page - 1) * INTERVALS).take(INTERVALS).collect(),
        intervals_total,
        page,
        intervals_more: intervals_total > page * INTERVALS,
    }))
}
