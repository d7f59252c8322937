//! `/api/console/units`: the organizer's part of the tree: list, add, rename.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::{NewUnit, Unit, UnitKind, UnitOutcome};

use crate::{
    auth::{UnitScope, Viewer},
    problem::{ApiResult, Problem},
    routes::{extract::Body, text},
    state::AppState,
};

/// A unit of the tree.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UnitRow {
    id: Uuid,
    /// What it is part of.
    parent_id: Option<Uuid>,
    kind: UnitKind,
    name: String,
}

impl From<Unit> for UnitRow {
    fn from(unit: Unit) -> Self {
        Self { id: unit.id, parent_id: unit.parent_id, kind: unit.kind, name: unit.name }
    }
}

/// A unit to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UnitRequest {
    /// What it becomes part of.
    parent_id: Uuid,
    /// Its level: below that of its parent.
    kind: UnitKind,
    #[schema(max_length = 100)]
    name: String,
}

/// Another name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UnitRenameRequest {
    #[schema(max_length = 100)]
    name: String,
}

/// Units of the organizer's part of the tree, parents before children.
#[utoipa::path(get, path = "/api/console/units", tag = "console", responses((status = OK, body = Vec<UnitRow>)))]
pub(super) async fn units(State(app): State<AppState>, viewer: Viewer) -> ApiResult<Json<Vec<UnitRow>>> {
    let units = app.store.units_within(&viewer.overseen_paths()).await?;
    Ok(Json(units.into_iter().map(UnitRow::from).collect()))
}

/// Adds a unit inside the organizer's part of the tree.
#[utoipa::path(post, path = "/api/console/units", tag = "console", request_body = UnitRequest,
    responses((status = CREATED, body = UnitRow), (status = UNPROCESSABLE_ENTITY, description =
        "text_empty, text_too_long, text_characters, unit_unknown, level_wrong, name_taken")))]
pub(super) async fn add(
    State(app): State<AppState>,
    viewer: Viewer,
    Body(body): Body<UnitRequest>,
) -> ApiResult<(StatusCode, Json<UnitRow>)> {
    let name = text::name("name", &body.name)?;
    let parent = app.store.unit(body.parent_id).await?.filter(|unit| viewer.organizes(&unit.path));
    let parent = parent.ok_or_else(|| {
        Problem::field("parent_id", "unit_unknown", "This unit is not in your part of the tree.")
    })?;
    if !body.kind.fits_in(parent.kind) {
        let sentence = "Stations are part of centres, points of stations, branches of any of them.";
        return Err(Problem::field("kind", "level_wrong", sentence));
    }
    check_name(&app, Some(parent.id), &parent.path, None, &name).await?;
    let at = app.source.now();
    let actor_id = Some(viewer.user.id);
    let new = NewUnit { id: app.source.id(), parent_id: parent.id, kind: body.kind, name, actor_id, at };
    let unit = app.store.add_unit(new).await?;
    Ok((StatusCode::CREATED, Json(unit.into())))
}

/// Renames a unit.
#[utoipa::path(patch, path = "/api/console/units/{unit_id}", tag = "console", params(("unit_id" = Uuid, Path)),
    request_body = UnitRenameRequest,
    responses((status = OK, body = UnitRow), (status = UNPROCESSABLE_ENTITY, description =
        "text_empty, text_too_long, text_characters, name_taken")))]
pub(super) async fn rename(
    State(app): State<AppState>,
    viewer: Viewer,
    UnitScope(unit): UnitScope,
    Body(body): Body<UnitRenameRequest>,
) -> ApiResult<Json<UnitRow>> {
    let name = text::name("name", &body.name)?;
    if let Some(parent) = unit.parent_id {
        // The parent's path, without the unit's own number.
        let path = unit.path.trim_end_matches('/').rsplit_once('/').map_or("/", |(above, _)| above);
        check_name(&app, Some(parent), &format!("{path}/"), Some(unit.id), &name).await?;
    }
    match app.store.rename_unit(unit.id, &name, viewer.user.id, app.source.now()).await? {
        UnitOutcome::Done => {}
        UnitOutcome::NotFound => return Err(Problem::not_found()),
    }
    let unit = app.store.unit(unit.id).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(unit.into()))
}

/// Two units of one parent with one name could not be distinguished in any list.
async fn check_name(
    app: &AppState,
    parent: Option<Uuid>,
    path: &str,
    own: Option<Uuid>,
    name: &str,
) -> ApiResult<()> {
    let siblings = app.store.units_within(&[path.to_owned()]).await?;
    let taken =
        siblings.iter().any(|unit| unit.parent_id == parent && Some(unit.id) != own && unit.name == name);
    if taken {
        return Err(Problem::field(
            "name",
            "name_taken",
            "There is a unit of this name in this place already.",
        ));
    }
    Ok(())
}
