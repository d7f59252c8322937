//! `GET /api/console/roster/imports`, and one of them.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{IMPORT_KEPT_MS, ImportState, RosterImport};

use crate::{
    auth::Viewer,
    problem::{ApiResult, Problem},
    roster::{ImportOptions, ImportSummary, Progress, Request, Stage},
    routes::extract::Path,
    state::AppState,
};

/// An import, and how far it is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ImportView {
    id: Uuid,
    file_name: String,
    file_bytes: i64,
    created_at: i64,
    state: ImportState,
    /// What it is doing right now; null: nothing.
    progress: Option<Progress>,
    options: ImportOptions,
    summary: ImportSummary,
    /// Identifies what is shown; to be sent back with the confirmation.
    fingerprint: Option<String>,
    applied_at: Option<i64>,
    undone_at: Option<i64>,
    /// Until when it can be applied, or taken back.
    until: i64,
}

/// Somebody's own import; anybody else's is not there.
pub(super) async fn own(app: &AppState, viewer: &Viewer, id: Uuid) -> ApiResult<RosterImport> {
    let import = app.store.import(id).await?.filter(|import| import.owner_id == viewer.user.id);
    import.ok_or_else(Problem::not_found)
}

/// Whether the viewer still organizes all that an import is of: else it is none of theirs any more.
pub(super) fn still_theirs(viewer: &Viewer, import: &RosterImport) -> ApiResult<()> {
    let all = summary(import).within.iter().all(|path| viewer.organizes(path));
    if all { Ok(()) } else { Err(Problem::not_found()) }
}

/// What to ask the importer for.
pub(super) fn request(viewer: &Viewer, import: &RosterImport) -> Request {
    Request {
        id: import.id,
        actor_id: viewer.user.id,
        within: viewer.organized_paths(),
        options: serde_json::from_str(&import.options).unwrap_or_default(),
    }
}

pub(super) fn summary(import: &RosterImport) -> ImportSummary {
    serde_json::from_str(&import.summary).unwrap_or_default()
}

/// Begins to read, or says that too many are at work.
pub(super) fn begin(app: &AppState, viewer: &Viewer, import: &RosterImport) -> ApiResult<()> {
    if app.imports.preview(&app.core, request(viewer, import)) {
        return Ok(());
    }
    Err(Problem::unavailable("busy", "Too many files are being read. Try again in a moment.", 5))
}

/// An import as its owner sees it.
pub(super) async fn view(app: &AppState, viewer: &Viewer, id: Uuid) -> ApiResult<ImportView> {
    let import = own(app, viewer, id).await?;
    Ok(shown(app, import))
}

fn shown(app: &AppState, import: RosterImport) -> ImportView {
    let options = serde_json::from_str(&import.options).unwrap_or_default();
    let summary = ImportSummary { within: Vec::new(), ..summary(&import) };
    ImportView {
        id: import.id,
        progress: app.imports.progress(import.id),
        file_bytes: import.file_bytes,
        created_at: import.created_at,
        state: import.state,
        options,
        summary,
        fingerprint: import.fingerprint,
        applied_at: import.applied_at,
        undone_at: import.undone_at,
        until: import.applied_at.unwrap_or(import.created_at) + IMPORT_KEPT_MS,
        file_name: import.file_name,
    }
}

/// The organizer's imports of the last day, the newest first.
#[utoipa::path(get, path = "/api/console/roster/imports", tag = "console",
    responses((status = OK, body = Vec<ImportView>)))]
pub(super) async fn imports(State(app): State<AppState>, viewer: Viewer) -> ApiResult<Json<Vec<ImportView>>> {
    let imports = app.store.imports_of(viewer.user.id).await?;
    Ok(Json(imports.into_iter().map(|import| shown(&app, import)).collect()))
}

/// One import. What was broken off by a restart, or was made for another part of the tree, is made anew.
#[utoipa::path(get, path = "/api/console/roster/imports/{import_id}", tag = "console",
    params(("import_id" = Uuid, Path)), responses((status = OK, body = ImportView)))]
pub(super) async fn import(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
) -> ApiResult<Json<ImportView>> {
    let import = own(&app, &viewer, id).await?;
    let rests = app.imports.progress(id).is_none_or(|progress| progress.stage == Stage::Failed);
    let stale = match import.state {
        ImportState::Reading => true,
        ImportState::Previewed => summary(&import).within != viewer.organized_paths(),
        _ => false,
    };
    if rests && stale && app.imports.progress(id).is_none() {
        begin(&app, &viewer, &import)?;
    }
    Ok(Json(view(&app, &viewer, id).await?))
}
