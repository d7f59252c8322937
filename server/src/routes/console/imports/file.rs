//! The file of an import: uploaded, read in another way, removed; and one to fill in.

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;
use yunke_store::{AuditEntry, ImportState, NewImport};

use super::view::{ImportView, begin, own, summary, view};
use crate::{
    auth::Viewer,
    problem::{ApiResult, Problem},
    roster::{ImportOptions, KnownColumns, template as fill_in},
    routes::{
        extract::{Body, Path, Query, RosterUpload},
        text,
    },
    state::AppState,
};

/// What the file is called.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Named {
    /// Shown in the list; says nothing of what the file is.
    name: String,
}

/// Whether the file to fill in has the people there are.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct With {
    /// The roster as it is.
    people: Option<bool>,
}

/// Takes a file (XLSX, XLS or CSV, at most 20 MB) and begins to read it. Nothing is changed by that.
#[utoipa::path(post, path = "/api/console/roster/imports", tag = "console", params(Named),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = ACCEPTED, body = ImportView),
        (status = PAYLOAD_TOO_LARGE, description = "body_too_large"),
        (status = CONFLICT, description = "imports_full: no room for another file before old ones are removed"),
        (status = SERVICE_UNAVAILABLE, description = "busy: too many files are being read")))]
pub(super) async fn upload(
    State(app): State<AppState>,
    viewer: Viewer,
    Query(named): Query<Named>,
    RosterUpload(file): RosterUpload,
) -> ApiResult<(StatusCode, Json<ImportView>)> {
    let file_name = text::name("name", &named.name)?;
    let id = app.source.id();
    let new = NewImport {
        id,
        owner_id: viewer.user.id,
        file_name,
        file: file.to_vec(),
        options: "{}".to_owned(),
        at: app.source.now(),
    };
    if !app.store.add_import(new).await? {
        let sentence =
            "There is no room for another file. Old ones go after a day, or when they are removed.";
        return Err(Problem::conflict("imports_full", sentence));
    }
    begin(&app, &viewer, &own(&app, &viewer, id).await?)?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, &viewer, id).await?)))
}

/// Reads the file in another way: encoding, sheet, headings, what columns mean. That is remembered for the next file.
#[utoipa::path(patch, path = "/api/console/roster/imports/{import_id}", tag = "console",
    params(("import_id" = Uuid, Path)), request_body = ImportOptions,
    responses((status = ACCEPTED, body = ImportView), (status = CONFLICT, description = "import_done")))]
pub(super) async fn reread(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Body(options): Body<ImportOptions>,
) -> ApiResult<(StatusCode, Json<ImportView>)> {
    let import = own(&app, &viewer, id).await?;
    if matches!(import.state, ImportState::Applied | ImportState::Undone) {
        return Err(Problem::conflict("import_done", "This import is done. Upload the file again."));
    }
    if let Some(fields) = &options.columns {
        let known = app.store.known_columns(viewer.user.id).await?;
        let mut known: KnownColumns =
            known.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        known.learn(&summary(&import).headings, fields);
        app.store
            .keep_columns(viewer.user.id, &serde_json::to_string(&known).map_err(Problem::internal)?)
            .await?;
    }
    app.store.reread_import(id, &serde_json::to_string(&options).map_err(Problem::internal)?).await?;
    begin(&app, &viewer, &own(&app, &viewer, id).await?)?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, &viewer, id).await?)))
}

/// Removes an import that was not applied, with its file.
#[utoipa::path(delete, path = "/api/console/roster/imports/{import_id}", tag = "console",
    params(("import_id" = Uuid, Path)), responses((status = NO_CONTENT)))]
pub(super) async fn remove(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
) -> ApiResult<StatusCode> {
    own(&app, &viewer, id).await?;
    app.store.remove_import(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A workbook to fill in; with `people` the organizer's roster as it is.
#[utoipa::path(get, path = "/api/console/roster/template", tag = "console", params(With),
    responses((status = OK, description = "XLSX", content_type = "application/octet-stream")))]
pub(super) async fn template(
    State(app): State<AppState>,
    viewer: Viewer,
    Query(with): Query<With>,
) -> ApiResult<Response> {
    let facts = if with.people == Some(true) {
        let paths = viewer.organized_paths();
        let facts = app.store.roster_facts(&paths).await?;
        app.store
            .audit(AuditEntry {
                at: app.source.now(),
                actor_id: Some(viewer.user.id),
                action: "roster.export".to_owned(),
                subject_kind: "person".to_owned(),
                subject_id: viewer.user.id,
                detail: serde_json::json!({ "paths": paths, "people": facts.people.len() }).to_string(),
            })
            .await?;
        Some(facts)
    } else {
        None
    };
    let made = tokio::task::spawn_blocking(move || fill_in(facts.as_ref())).await;
    let bytes = made.map_err(Problem::internal)?.map_err(Problem::internal)?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let name = "attachment; filename=\"roster.xlsx\"; filename*=UTF-8''%E5%90%8D%E5%86%8C.xlsx";
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
