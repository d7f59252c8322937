//! The file of an export job. Each request for it, also for a range of it, has a line in the audit log.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use tower::ServiceExt as _;
use tower_http::services::ServeFile;
use yunke_store::{AuditEntry, TextEnum as _};

use super::jobs::is_ready;
use crate::{
    auth::{ExportScope, Viewer},
    calendar::local_day,
    exports::{ExportParameters, Exports, job_disposition, media_type, title},
    problem::{ApiResult, Problem},
    state::AppState,
};

/// The file of one of one's own export jobs, while it is there. Takes ranges.
#[utoipa::path(get, path = "/api/console/exports/{export_id}/file", tag = "console",
    params(("export_id" = uuid::Uuid, Path)),
    responses((status = OK, description = "The file", content_type = "application/octet-stream"),
        (status = PARTIAL_CONTENT, description = "A range of it"),
        (status = RANGE_NOT_SATISFIABLE, description = "It has no such range")))]
pub(super) async fn file(
    State(app): State<AppState>,
    viewer: Viewer,
    scope: ExportScope,
    request: Request,
) -> ApiResult<Response> {
    let job = scope.0;
    let now = app.source.now();
    if !is_ready(&job, now) {
        return Err(Problem::not_found());
    }
    let parameters: ExportParameters = serde_json::from_str(&job.parameters).map_err(Problem::internal)?;
    let range = request.headers().get(header::RANGE).and_then(|range| range.to_str().ok()).unwrap_or("all");
    let detail = serde_json::json!({ "range": range.chars().take(40).collect::<String>() });
    let entry = AuditEntry {
        at: now,
        actor_id: Some(viewer.user.id),
        action: "export.download".to_owned(),
        subject_kind: "export".to_owned(),
        subject_id: job.id,
        detail: detail.to_string(),
    };
    app.store.audit(entry).await?;
    let served = ServeFile::new(Exports::file(&app.core, job.id)).oneshot(request).await;
    let mut response = served.unwrap_or_else(|never| match never {}).map(Body::new);
    if response.status() == StatusCode::NOT_FOUND {
        return Err(Problem::not_found());
    }
    let words = format!("{} {}", parameters.words(), title(job.kind));
    let name = job_disposition(&words, &local_day(job.created_at), job.format.as_str());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(job.format)));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::try_from(name).map_err(Problem::internal)?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
