//! `/api/console/exports`: files that are made in the background.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{
    EXPORTS_WAITING, ExportEnd, ExportFormat, ExportJob, ExportKind, ExportOutcome, ExportState, NewExport,
    UtcMillis,
};

use crate::{
    auth::{ExportScope, Viewer},
    exports::ExportParameters,
    problem::{ApiResult, Problem},
    routes::{
        extract::{Body, Query},
        paging::{self, Which},
    },
    state::AppState,
};

/// Jobs of a page.
const JOBS: i64 = 20;

/// Years that can be asked for.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2100;

/// A file to make: of one lesson, or of the lessons of a calendar year or month of Asia/Shanghai.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportJobRequest {
    kind: ExportKind,
    /// `xlsx` unless told otherwise.
    format: Option<ExportFormat>,
    /// Of this lesson. Not for `branches` and `year`.
    lesson_id: Option<Uuid>,
    /// Of this year.
    year: Option<i16>,
    /// Of this month of it, 1 to 12. Not for `year`.
    month: Option<i8>,
    /// Only of this part of the tree; of all the organizer's unless given.
    unit_id: Option<Uuid>,
}

/// A job and its file.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExportJobView {
    id: Uuid,
    kind: ExportKind,
    format: ExportFormat,
    state: ExportState,
    /// The title of the lesson, or the names of the units it is limited to.
    name: String,
    lesson_id: Option<Uuid>,
    year: Option<i16>,
    month: Option<i8>,
    /// Of how much so much is done, while it is made; null: that is not known yet.
    done: Option<i64>,
    total: Option<i64>,
    /// Of the file, once it is ready; also when it has expired.
    size_bytes: Option<i64>,
    /// Rows of its tables, without headings and totals.
    rows: Option<i64>,
    /// Of its bytes, in hex.
    sha256: Option<String>,
    /// Why it failed: `not_allowed`, `too_large`, `disk_full`, `database`, `stopped` or `internal`.
    reason: Option<String>,
    created_at: i64,
    ended_at: Option<i64>,
    /// Until when the file is there.
    expires_at: Option<i64>,
}

/// A page of one's own jobs, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExportJobPage {
    items: Vec<ExportJobView>,
    page: u32,
    /// There is a next page.
    more: bool,
}

impl ExportJobView {
    fn of(app: &AppState, job: ExportJob) -> ApiResult<Self> {
        let parameters: ExportParameters =
            serde_json::from_str(&job.parameters).map_err(Problem::internal)?;
        let running = if job.state == ExportState::Running { app.exports.progress(job.id) } else { None };
        let running = running.filter(|(_, total)| *total > 0);
        let state = if is_ready(&job, app.source.now()) || job.state != ExportState::Ready {
            job.state
        } else {
            ExportState::Expired
        };
        Ok(Self {
            id: job.id,
            kind: job.kind,
            format: job.format,
            state,
            name: parameters.name,
            lesson_id: parameters.lesson_id,
            year: parameters.year,
            month: parameters.month,
            done: running.map(|(done, _)| done),
            total: running.map(|(_, total)| total),
            size_bytes: job.file.as_ref().map(|file| file.size_bytes),
            rows: job.file.as_ref().map(|file| file.rows),
            sha256: job.file.map(|file| file.sha256),
            reason: job.reason,
            created_at: job.created_at,
            ended_at: job.ended_at,
            expires_at: job.expires_at,
        })
    }
}

/// Its file is there, and its time is not over.
pub(super) fn is_ready(job: &ExportJob, now: UtcMillis) -> bool {
    job.state == ExportState::Ready && job.expires_at.is_some_and(|until| now < until)
}

/// One's own export jobs, the latest first; those of parts of the tree that one organizes no more are not among them.
#[utoipa::path(get, path = "/api/console/exports", tag = "console", params(Which),
    responses((status = OK, body = ExportJobPage)))]
pub(super) async fn list(
    State(app): State<AppState>,
    viewer: Viewer,
    Query(which): Query<Which>,
) -> ApiResult<Json<ExportJobPage>> {
    let page = which.number();
    let wanted = yunke_store::Page { limit: JOBS + 1, ..paging::page(page, JOBS) };
    let mut jobs = app.store.exports_of(viewer.user.id, wanted).await?;
    let jobs_of_page = usize::try_from(JOBS).unwrap_or(usize::MAX);
    let more = jobs.len() > jobs_of_page;
    jobs.truncate(jobs_of_page);
    let items = jobs.into_iter().filter(|job| viewer.may_have(job)).map(|job| ExportJobView::of(&app, job));
    Ok(Json(ExportJobPage { items: items.collect::<ApiResult<_>>()?, page, more }))
}

/// Asks for a file.
#[utoipa::path(post, path = "/api/console/exports", tag = "console", request_body = ExportJobRequest,
    responses((status = CREATED, body = ExportJobView),
        (status = UNPROCESSABLE_ENTITY, description = "export_span_wrong"),
        (status = TOO_MANY_REQUESTS, description = "exports_waiting: that many of one's own are not done yet")))]
pub(super) async fn add(
    State(app): State<AppState>,
    viewer: Viewer,
    Body(request): Body<ExportJobRequest>,
) -> ApiResult<(StatusCode, Json<ExportJobView>)> {
    check_span(&request)?;
    let ExportJobRequest { kind, format, lesson_id, year, month, unit_id } = request;
    let unit = match unit_id {
        None => None,
        Some(id) => {
            let unit = app.store.unit(id).await?.filter(|unit| viewer.oversees(&unit.path));
            Some(unit.ok_or_else(Problem::not_found)?)
        }
    };
    let title = match lesson_id {
        None => None,
        Some(id) => {
            let lesson = app.store.lesson(id).await?.filter(|lesson| viewer.may(lesson).oversee);
            Some(lesson.ok_or_else(Problem::not_found)?.title)
        }
    };
    let paths = unit.as_ref().map_or_else(|| viewer.overseen_paths(), |unit| vec![unit.path.clone()]);
    let name = title.unwrap_or_else(|| unit.map_or_else(|| viewer.overseen_names(), |unit| unit.name));
    let parameters = ExportParameters { lesson_id, year, month, name };
    let new = NewExport {
        id: app.source.id(),
        kind,
        format: format.unwrap_or(ExportFormat::Xlsx),
        parameters: serde_json::to_string(&parameters).map_err(Problem::internal)?,
        user_id: viewer.user.id,
        paths,
        at: app.source.now(),
    };
    let id = new.id;
    if app.store.add_export(new).await? == ExportOutcome::TooMany {
        let sentence = "That many of your exports are not done yet. Wait for one of them, or cancel it.";
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "exports_waiting", sentence)
            .with("limit", EXPORTS_WAITING));
    }
    app.exports.wake();
    let job = app.store.export_job(id).await?.ok_or_else(Problem::not_found)?;
    Ok((StatusCode::CREATED, Json(ExportJobView::of(&app, job)?)))
}

/// A kind is of one lesson or of a time, never of both, and not every one of either.
fn check_span(request: &ExportJobRequest) -> ApiResult<()> {
    let wrong =
        |field: &str, sentence: &'static str| Err(Problem::field(field, "export_span_wrong", sentence));
    let of_many = matches!(request.kind, ExportKind::Branches | ExportKind::Year);
    match (request.lesson_id, request.year, request.month) {
        (Some(_), None, None) if of_many => wrong("lesson_id", "This export is of a year or a month."),
        (None, Some(year), _) if !YEARS.contains(&year) => {
            wrong("year", "The year must be between 2000 and 2100.")
        }
        (None, Some(_), Some(month)) if !(1..=12).contains(&month) => {
            wrong("month", "The month must be between 1 and 12.")
        }
        (None, Some(_), Some(_)) if request.kind == ExportKind::Year => {
            wrong("month", "This export is of a whole year.")
        }
        (Some(_), None, None) | (None, Some(_), _) => Ok(()),
        _ => wrong("year", "Name either a lesson or a year, perhaps with a month."),
    }
}

/// One of one's own export jobs.
#[utoipa::path(get, path = "/api/console/exports/{export_id}", tag = "console",
    params(("export_id" = Uuid, Path)), responses((status = OK, body = ExportJobView)))]
pub(super) async fn job(State(app): State<AppState>, scope: ExportScope) -> ApiResult<Json<ExportJobView>> {
    ExportJobView::of(&app, (*scope.0).clone()).map(Json)
}

/// Stops a job that waits or is being made; of one that has ended nothing changes.
#[utoipa::path(delete, path = "/api/console/exports/{export_id}", tag = "console",
    params(("export_id" = Uuid, Path)), responses((status = OK, body = ExportJobView)))]
pub(super) async fn cancel(
    State(app): State<AppState>,
    scope: ExportScope,
) -> ApiResult<Json<ExportJobView>> {
    let id = scope.0.id;
    app.store.end_export(id, ExportEnd::Cancelled, app.source.now()).await?;
    app.exports.stop(id);
    let job = app.store.export_job(id).await?.ok_or_else(Problem::not_found)?;
    ExportJobView::of(&app, job).map(Json)
}
