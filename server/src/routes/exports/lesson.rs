//! `GET /api/console/lessons/{id}/export`: 个人明细 of a lesson as a file.

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};
use serde::Deserialize;
use utoipa::IntoParams;
use yunke_store::{AuditEntry, TextEnum as _};

use crate::{
    auth::{LessonScope, Viewer},
    calendar::local_day,
    exports::{
        Detail, DetailError, ExportFormat, ExportPlace, ExportRequest, content_disposition, media_type, start,
    },
    problem::{ApiResult, Problem},
    routes::{console::window, extract::Query},
    state::AppState,
};

/// The file format.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wish {
    /// `xlsx` unless told otherwise.
    #[param(inline)]
    format: Option<ExportFormat>,
}

impl From<DetailError> for Problem {
    fn from(error: DetailError) -> Self {
        match error {
            DetailError::Store(error) => error.into(),
            other => Self::internal(crate::problem::source_chain(&other)),
        }
    }
}

/// Attendance of a lesson as a file: members of the organizer's part of the tree.
#[utoipa::path(get, path = "/api/console/lessons/{id}/export", tag = "console",
    params(("id" = uuid::Uuid, Path), Wish),
    responses((status = OK, description = "The file", content_type = "application/octet-stream"),
        (status = SERVICE_UNAVAILABLE, description = "busy: too many exports are under way")))]
pub(super) async fn export(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: LessonScope,
    Query(wish): Query<Wish>,
) -> ApiResult<Response> {
    let format = wish.format.unwrap_or(ExportFormat::Xlsx);
    let now = app.source.now();
    let lesson = scope.lesson;
    // First of all: what is refused is no export, and has no line in the log.
    let busy = || Problem::unavailable("busy", "Too many exports are under way. Try again in a moment.", 5);
    let place = ExportPlace::take().ok_or_else(busy)?;
    let paths = viewer.overseen_paths();
    let request = ExportRequest {
        lesson: lesson.clone(),
        window: window(&app, &lesson),
        paths: paths.clone(),
        scope: viewer.overseen_names(),
        made_by: viewer.user.name.clone(),
        made_at: now,
    };
    let detail = Detail::new(&app.core, request).await?;
    app.store
        .audit(AuditEntry {
            at: now,
            actor_id: Some(viewer.user.id),
            action: "lesson.export".to_owned(),
            subject_kind: "lesson".to_owned(),
            subject_id: lesson.id,
            detail: serde_json::json!({ "format": format, "paths": paths }).to_string(),
        })
        .await?;
    let mut response = Response::new(start(place, &app.core, format, detail));
    let name = content_disposition(&lesson.title, &local_day(lesson.planned_start_at), format.as_str());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(format)));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::try_from(name).map_err(Problem::internal)?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
