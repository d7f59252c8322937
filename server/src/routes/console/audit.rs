//! `GET /api/console/audit`: who did what, for those who answer for the whole centre, and its auditors.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use yunke_store::{AuditFilter, AuditLine, Page};

use crate::{
    problem::{ApiResult, Problem},
    routes::extract::Query,
    state::AppState,
};

/// Lines of a page.
const LINES: i64 = 100;

/// Pages back at most: whoever looks further back says a time.
const PAGES: u32 = 1_000;

/// Longest action that is looked for, in bytes.
const ACTION_BYTES: usize = 64;

/// Which lines.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// From this moment.
    from: Option<i64>,
    /// Until before this moment.
    until: Option<i64>,
    /// Only what this person did.
    actor: Option<Uuid>,
    /// Only what was done to this person, lesson, unit, series or episode.
    subject: Option<Uuid>,
    /// Only actions that begin so, such as `person.`.
    action: Option<String>,
    /// 1 is the newest.
    page: Option<u32>,
}

/// A page of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditAnswer {
    items: Vec<AuditRow>,
    page: u32,
    /// There is an older page.
    more: bool,
}

/// Who did what to whom.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditRow {
    at: i64,
    /// Null: the server itself.
    actor_id: Option<Uuid>,
    actor_name: Option<String>,
    /// Such as `lesson.start`.
    action: String,
    /// Such as `lesson`.
    subject_kind: String,
    subject_id: Uuid,
    /// Null where there is none any more.
    subject_name: Option<String>,
    /// What the action has to say of itself; never a secret.
    detail: serde_json::Value,
}

impl From<AuditLine> for AuditRow {
    fn from(AuditLine { entry, actor_name, subject_name }: AuditLine) -> Self {
        Self {
            at: entry.at,
            actor_id: entry.actor_id,
            actor_name,
            action: entry.action,
            subject_kind: entry.subject_kind,
            subject_id: entry.subject_id,
            subject_name,
            detail: serde_json::from_str(&entry.detail).unwrap_or_default(),
        }
    }
}

/// Lines of the audit log, the newest first.
#[utoipa::path(get, path = "/api/console/audit", tag = "console", params(Which),
    responses((status = OK, body = AuditAnswer), (status = UNPROCESSABLE_ENTITY, description = "span_wrong")))]
pub(super) async fn audit(
    State(app): State<AppState>,
    Query(which): Query<Which>,
) -> ApiResult<Json<AuditAnswer>> {
    let page = which.page.unwrap_or(1).clamp(1, PAGES);
    let (from, until) = (which.from.unwrap_or(i64::MIN), which.until.unwrap_or(i64::MAX));
    if from >= until {
        return Err(Problem::field("until", "span_wrong", "The end must be after the beginning."));
    }
    let action = which.action.filter(|action| !action.is_empty() && action.len() <= ACTION_BYTES);
    let filter = AuditFilter { from, until, actor_id: which.actor, action, subject_id: which.subject };
    // One more than is shown says whether there are more.
    let rows = Page { offset: i64::from(page - 1) * LINES, limit: LINES + 1 };
    let mut lines = app.store.audit_lines(&filter, rows).await?;
    let shown = usize::try_from(LINES).unwrap_or(usize::MAX);
    let more = lines.len() > shown && page < PAGES;
    lines.truncate(shown);
    Ok(Json(AuditAnswer { items: lines.into_iter().map(AuditRow::from).collect(), page, more }))
}
