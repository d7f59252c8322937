//! `…/attendance/{member_id}/excuse`: who was invited and asked to be excused (请假), and taking that back.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{LessonPhase, NewExcuse, Page, RollFilter, RollPart};

use super::{attendance::window, evidence::Member};
use crate::{
    auth::{LessonScope, Viewer},
    evidence::{AttendanceRow, Records},
    problem::{ApiResult, Problem},
    routes::{
        extract::{Body, Path},
        text,
    },
    state::AppState,
};

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExcuseRequest {
    /// One line, at most 100 characters; may be missing.
    #[schema(max_length = 100)]
    reason: Option<String>,
}

/// Excuses somebody who is invited, before the lesson or after it, or gives another reason.
#[utoipa::path(put, path = "/api/console/lessons/{id}/attendance/{member_id}/excuse", tag = "console",
    params(("id" = uuid::Uuid, Path), ("member_id" = uuid::Uuid, Path)), request_body = ExcuseRequest,
    responses((status = OK, body = AttendanceRow), (status = CONFLICT, description = "lesson_cancelled"),
        (status = UNPROCESSABLE_ENTITY, description = "member_uninvited, text_too_long, text_characters")))]
pub(super) async fn excuse(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Path(Member { member_id }): Path<Member>,
    Body(body): Body<ExcuseRequest>,
) -> ApiResult<Json<AttendanceRow>> {
    let reason = text::reason("reason", &body.reason.unwrap_or_default())?;
    if scope.lesson.phase == LessonPhase::Cancelled {
        let sentence = "The lesson was cancelled; nobody has to be excused from it.";
        return Err(Problem::conflict("lesson_cancelled", sentence));
    }
    // Also whether they are in the organizer's part of the tree.
    if !row(&app, &viewer, &scope, member_id).await?.invited {
        let sentence = "This person was not invited to the lesson and needs no excuse.";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "member_uninvited", sentence));
    }
    let lesson_id = scope.lesson.id;
    let (actor_id, at) = (viewer.user.id, app.source.now());
    app.store.excuse(NewExcuse { lesson_id, user_id: member_id, reason, actor_id, at }).await?;
    row(&app, &viewer, &scope, member_id).await.map(Json)
}

/// Takes an excuse back; where there is none, nothing changes.
#[utoipa::path(delete, path = "/api/console/lessons/{id}/attendance/{member_id}/excuse", tag = "console",
    params(("id" = uuid::Uuid, Path), ("member_id" = uuid::Uuid, Path)),
    responses((status = OK, body = AttendanceRow)))]
pub(super) async fn take_back(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Path(Member { member_id }): Path<Member>,
) -> ApiResult<Json<AttendanceRow>> {
    row(&app, &viewer, &scope, member_id).await?;
    app.store.take_back_excuse(scope.lesson.id, member_id, viewer.user.id, app.source.now()).await?;
    row(&app, &viewer, &scope, member_id).await.map(Json)
}

/// Somebody of the organizer's part of the roll, as the list shows them.
async fn row(app: &AppState, viewer: &Viewer, scope: &LessonScope, member: Uuid) -> ApiResult<AttendanceRow> {
    let lesson = &scope.lesson;
    let filter = RollFilter {
        within: viewer.organized_paths(),
        part: RollPart::All,
        query: String::new(),
        user_id: Some(member),
    };
    let roll = app.store.roll(lesson.id, &filter, Page { offset: 0, limit: 1 }).await?;
    let entry = roll.entries.first().ok_or_else(Problem::not_found)?;
    let mut records = Records::new(app.store.clone(), lesson, app.source.now()).await?;
    let record = if entry.attended { records.of(member).await? } else { None };
    Ok(AttendanceRow::on_roll(entry, record.as_ref(), window(app, lesson)))
}
