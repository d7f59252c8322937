//! The lines of an import, by what they do, and whom it added.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use yunke_store::{ImportKind, ImportState};

use super::view::{own, still_theirs, summary};
use crate::{
    auth::Viewer,
    problem::{ApiResult, Problem},
    roster::Line,
    routes::{
        extract::{Path, Query},
        paging,
    },
    state::AppState,
};

/// Lines of a page.
const LINES: usize = 50;

/// People who were added, of one answer: as many as slips are printed at a sitting.
const ADDED: usize = 200;

/// Which lines.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// What they do.
    #[param(inline)]
    kind: ImportKind,
    /// Part of the name, the 成员编号 or the branch, or the number of the row.
    q: Option<String>,
    /// 1 is the first; past the end: the last.
    page: Option<u32>,
}

/// A page of lines.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LinesAnswer {
    items: Vec<Line>,
    page: u32,
    /// Lines on all pages.
    total: usize,
    /// There is a next page.
    more: bool,
}

/// Somebody an import added.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AddedPerson {
    id: Uuid,
    name: String,
    /// They have a phone number or a 成员编号 to sign in by.
    can_sign_in: bool,
}

/// Lines of an import.
#[utoipa::path(get, path = "/api/console/roster/imports/{import_id}/lines", tag = "console",
    params(("import_id" = Uuid, Path), Which), responses((status = OK, body = LinesAnswer)))]
pub(super) async fn lines(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Query(which): Query<Which>,
) -> ApiResult<Json<LinesAnswer>> {
    let import = own(&app, &viewer, id).await?;
    if import.state == ImportState::Previewed && summary(&import).within != viewer.organized_paths() {
        // It has people of a part that is no longer the viewer's; looking at the import makes it anew.
        return Err(Problem::not_found());
    }
    still_theirs(&viewer, &import)?;
    let query = paging::query(which.q)?.to_lowercase();
    let mut found = Vec::new();
    for piece in app.store.import_pieces(id, which.kind).await? {
        let lines: Vec<Line> = serde_json::from_str(&piece).map_err(Problem::internal)?;
        found.extend(lines.into_iter().filter(|line| has(line, &query)));
    }
    let total = found.len();
    let last = total.div_ceil(LINES).max(1);
    let page = (which.page.unwrap_or(1).max(1) as usize).min(last);
    let items: Vec<Line> = found.into_iter().skip((page - 1) * LINES).take(LINES).collect();
    Ok(Json(LinesAnswer { items, page: u32::try_from(page).unwrap_or(u32::MAX), total, more: page < last }))
}

fn has(line: &Line, query: &str) -> bool {
    let texts = [Some(line.name.as_str()), line.member_no.as_deref(), line.branch.as_deref()];
    query.is_empty()
        || texts.into_iter().flatten().any(|text| text.to_lowercase().contains(query))
        || line.row.is_some_and(|row| row.to_string() == query)
}

/// Who was added, to make slips for.
#[utoipa::path(get, path = "/api/console/roster/imports/{import_id}/added", tag = "console",
    params(("import_id" = Uuid, Path)), responses((status = OK, body = Vec<AddedPerson>)))]
pub(super) async fn added(
    State(app): State<AppState>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
) -> ApiResult<Json<Vec<AddedPerson>>> {
    let import = own(&app, &viewer, id).await?;
    still_theirs(&viewer, &import)?;
    if import.state != ImportState::Applied {
        return Ok(Json(Vec::new()));
    }
    let written = app.store.import_written(id).await?;
    let new = written.into_iter().filter(|write| write.kind == ImportKind::Add).take(ADDED);
    let people = new.map(|write| AddedPerson {
        id: write.id,
        name: write.after.name,
        can_sign_in: write.after.phone.is_some() || write.after.member_no.is_some(),
    });
    Ok(Json(people.collect()))
}
