//! What an import does: applied as a whole once it was confirmed, and taken back.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{IMPORT_KEPT_MS, ImportState, StoreResult, UndoOutcome};

use super::view::{ImportView, own, request, still_theirs, view};
use crate::{
    auth::Viewer,
    problem::{ApiResult, Problem},
    roster::{Confirmed, Leavers},
    routes::extract::{Body, Path},
    state::AppState,
};

/// People who are named when an import is taken back.
const NAMED: usize = 200;

/// What was shown and is confirmed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplyRequest {
    /// Of what was shown.
    #[schema(max_length = 64)]
    fingerprint: String,
    /// Who leaves, of those who were proposed.
    #[serde(default)]
    #[schema(max_items = 5000)]
    leavers: Vec<Uuid>,
    /// All who were proposed leave.
    #[serde(default)]
    all_leavers: bool,
}

/// What was taken back.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UndoAnswer {
    /// How many people are as they were.
    taken_back: usize,
    /// How many stay as they are, because somebody had gone on from there.
    kept: usize,
    /// Their names, the first 200.
    names: Vec<String>,
    import: ImportView,
}

/// Writes what was shown, all of it or nothing. Asked for again it does nothing more. If people or units were changed since it was
/// shown, so that it would do something else now, nothing is written and that is shown.
#[utoipa::path(post, path = "/api/console/roster/imports/{import_id}/apply", tag = "console",
    params(("import_id" = Uuid, Path)), request_body = ApplyRequest,
    responses((status = ACCEPTED, body = ImportView),
        (status = CONFLICT, description = "roster_changed, import_not_ready, import_too_late"),
        (status = SERVICE_UNAVAILABLE, description = "busy")))]
pub(super) async fn apply(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Body(body): Body<ApplyRequest>,
) -> ApiResult<(StatusCode, Json<ImportView>)> {
    let import = own(&app, &viewer, id).await?;
    match import.state {
        ImportState::Applied => return Ok((StatusCode::ACCEPTED, Json(view(&app, &viewer, id).await?))),
        ImportState::Previewed => {}
        _ => {
            let sentence = "What this file would change is not known yet. Look at it first.";
            return Err(Problem::conflict("import_not_ready", sentence));
        }
    }
    if app.source.now() - import.created_at > IMPORT_KEPT_MS {
        return Err(Problem::conflict("import_too_late", "This file is older than a day. Upload it again."));
    }
    if import.fingerprint.as_ref() != Some(&body.fingerprint) {
        let sentence = "People or branches were changed since this was shown. Look at it again.";
        return Err(Problem::conflict("roster_changed", sentence));
    }
    let leavers =
        if body.all_leavers { Leavers::All } else { Leavers::These(body.leavers.into_iter().collect()) };
    let confirmed = Confirmed { fingerprint: body.fingerprint, leavers };
    let (sockets, media) = (app.sockets.clone(), app.media.clone());
    let begun = app.imports.apply(&app.core, request(&viewer, &import), confirmed, move |out| {
        // The store has ended the sessions.
        for person in &out {
            sockets.sign_out_person(*person);
        }
        if !out.is_empty() {
            media.orders_changed();
        }
    });
    if !begun {
        return Err(Problem::unavailable("busy", "Too many files are being read. Try again in a moment.", 5));
    }
    Ok((StatusCode::ACCEPTED, Json(view(&app, &viewer, id).await?)))
}

/// Takes an import back within a day: whoever is still as it left them becomes as they were before; the others stay, and are named.
#[utoipa::path(post, path = "/api/console/roster/imports/{import_id}/undo", tag = "console",
    params(("import_id" = Uuid, Path)),
    responses((status = OK, body = UndoAnswer),
        (status = CONFLICT, description = "import_not_applied, import_too_late")))]
pub(super) async fn undo(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
) -> ApiResult<Json<UndoAnswer>> {
    still_theirs(&viewer, &own(&app, &viewer, id).await?)?;
    // A large one takes longer than an answer is waited for: it goes on without the request, as one transaction.
    let undone = app.tasks.spawn(take_back(app.clone(), viewer.user.id, id));
    match undone.await.map_err(Problem::internal)?? {
        UndoOutcome::Done { taken_back, kept, .. } => {
            let names = kept.iter().take(NAMED).map(|person| person.name.clone()).collect();
            let import = view(&app, &viewer, id).await?;
            Ok(Json(UndoAnswer { taken_back, kept: kept.len(), names, import }))
        }
        UndoOutcome::NotFound => {
            Err(Problem::conflict("import_not_applied", "This import is not applied, or taken back already."))
        }
        UndoOutcome::TooLate => {
            let sentence = "An import can be taken back for a day. Change people one by one now.";
            Err(Problem::conflict("import_too_late", sentence))
        }
        UndoOutcome::ActorGone => {
            Err(Problem::forbidden("not_allowed", "This needs a role you do not have."))
        }
    }
}

async fn take_back(app: AppState, by: Uuid, id: Uuid) -> StoreResult<UndoOutcome> {
    let outcome = app.store.undo_import(id, by, app.source.now()).await?;
    if let UndoOutcome::Done { signed_out, .. } = &outcome
        && !signed_out.is_empty()
    {
        for person in signed_out {
            app.sockets.sign_out_person(*person);
        }
        app.media.orders_changed();
    }
    Ok(outcome)
}
