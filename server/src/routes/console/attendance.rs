//! `GET /api/console/lessons/{id}/attendance`: a lesson's attendance, and one member's evidence behind it.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use yunke_store::{Page, RollEntry, RollFilter, RollPart};

use crate::{
    auth::{LessonScope, Viewer},
    evidence::{AttendanceRow, EvidenceInterval, Piece, Records, axis_ms},
    problem::{ApiResult, Problem},
    routes::{
        extract::{Path, Query},
        text::NAME_CHARS,
    },
    state::AppState,
    typed,
};

/// Rows of a page.
const ROWS: i64 = 50;

/// Beats of a member on one page: more than a player makes in a lesson of half a day.
const INTERVALS: usize = 5_000;

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Everybody, who came, or who was invited and did not come.
    #[param(inline)]
    part: Option<RollPart>,
    /// Part of the name, the 成员编号, the whole phone number or its last four digits.
    q: Option<String>,
    /// 1 is the first.
    page: Option<u32>,
}

/// A page of attendance, ordered by branch and name. The counts are of everybody in the organizer's part of the tree, whatever
/// part is shown.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttendancePage {
    rows: Vec<AttendanceRow>,
    page: u32,
    /// Rows on all pages.
    total: i64,
    /// 应到: members of the invited branches at the lesson's time.
    invited: i64,
    /// Who played some of it, invited or not.
    attended: i64,
    /// Invited, and played nothing.
    absent: i64,
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
    /// What the player reported and what became of it, in order of receipt; a page of it, 5,000 long.
    intervals: Vec<EvidenceInterval>,
    /// There is a next page of it.
    intervals_more: bool,
}

/// Attendance of a lesson: everybody of the organizer's part of the tree who was invited or came.
#[utoipa::path(get, path = "/api/console/lessons/{id}/attendance", tag = "console",
    params(("id" = uuid::Uuid, Path), Which), responses((status = OK, body = AttendancePage)))]
pub(super) async fn attendance(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Query(which): Query<Which>,
) -> ApiResult<Json<AttendancePage>> {
    let page = which.page.unwrap_or(1).max(1);
    let query = typed::query(&which.q.unwrap_or_default());
    if query.chars().count() > NAME_CHARS {
        return Err(Problem::bad_request("query_unexpected", "The name is too long."));
    }
    let filter = RollFilter {
        within: viewer.organized_paths(),
        part: which.part.unwrap_or(RollPart::All),
        query,
        user_id: None,
    };
    let offset = i64::from(page - 1) * ROWS;
    let roll = app.store.roll(scope.lesson.id, &filter, Page { offset, limit: ROWS }).await?;
    let came: Vec<Uuid> =
        roll.entries.iter().filter(|entry| entry.attended).map(|entry| entry.user_id).collect();
    let mut records = Records::new(app.store.clone(), scope.lesson.clone(), app.source.now()).await?;
    let records = records.of_all(&came).await?;
    let record = |entry: &RollEntry| records.iter().find(|record| record.evidence.user_id == entry.user_id);
    Ok(Json(AttendancePage {
        rows: roll.entries.iter().map(|entry| AttendanceRow::on_roll(entry, record(entry))).collect(),
        page,
        total: roll.found,
        invited: roll.counts.invited,
        attended: roll.counts.attended,
        absent: roll.counts.absent(),
        more: roll.found > offset + ROWS,
    }))
}

/// Which member.
#[derive(Debug, Deserialize)]
pub(super) struct Member {
    member_id: Uuid,
}

/// Which part of the evidence.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// 1 is the first.
    page: Option<usize>,
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
    let attendees = app.store.attendees(scope.lesson.id, Some(&viewer.organized_paths())).await?;
    if !attendees.iter().any(|attendee| attendee.user_id == member_id) {
        return Err(Problem::not_found());
    }
    let now = app.source.now();
    let mut records = Records::new(app.store.clone(), scope.lesson.clone(), now).await?;
    let record = records.of(member_id).await?.ok_or_else(Problem::not_found)?;
    let filter = RollFilter {
        within: viewer.organized_paths(),
        part: RollPart::All,
        query: String::new(),
        user_id: Some(member_id),
    };
    // A guest who only opened the lesson is not on its roll.
    let roll = app.store.roll(scope.lesson.id, &filter, Page { offset: 0, limit: 1 }).await?;
    let (invited, attended) =
        roll.entries.first().map_or((false, false), |entry| (entry.invited, entry.attended));
    let all = EvidenceInterval::of(&record);
    let from = (part.page.unwrap_or(1).max(1) - 1).saturating_mul(INTERVALS);
    let intervals_more = all.len() > from.saturating_add(INTERVALS);
    Ok(Json(MemberAttendance {
        row: AttendanceRow::of(&record, invited, attended),
        uncorroborated_ms: record.judged.uncorroborated_ms(),
        lesson_ms: axis_ms(&scope.lesson, now),
        gaps: scope.lesson.gaps.iter().map(|gap| Piece::from(*gap)).collect(),
        intervals: all.into_iter().skip(from).take(INTERVALS).collect(),
        intervals_more,
    }))
}
