//! `/api/console/units`: the organizer's part of the tree: list, add, rename, move, close.

use std::collections::HashMap;

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
    /// Since when it is closed: nobody belongs to it, and it is offered for nothing.
    closed_at: Option<i64>,
}

impl UnitRow {
    fn new(unit: Unit, closed: &HashMap<Uuid, i64>) -> Self {
        let closed_at = closed.get(&unit.id).copied();
        Self { id: unit.id, parent_id: unit.parent_id, kind: unit.kind, name: unit.name, closed_at }
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

/// What to change; what is missing stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UnitEditRequest {
    #[schema(max_length = 100)]
    name: Option<String>,
    /// What it becomes part of, with all that is inside it.
    parent_id: Option<Uuid>,
    closed: Option<bool>,
}

/// Units of the organizer's part of the tree, parents before children.
#[utoipa::path(get, path = "/api/console/units", tag = "console", responses((status = OK, body = Vec<UnitRow>)))]
pub(super) async fn units(State(app): State<AppState>, viewer: Viewer) -> ApiResult<Json<Vec<UnitRow>>> {
    let units = app.store.units_within(&viewer.overseen_paths()).await?;
    let closed = closed(&app).await?;
    Ok(Json(units.into_iter().map(|unit| UnitRow::new(unit, &closed)).collect()))
}

/// Adds a unit inside the organizer's part of the tree.
#[utoipa::path(post, path = "/api/console/units", tag = "console", request_body = UnitRequest,
    responses((status = CREATED, body = UnitRow), (status = UNPROCESSABLE_ENTITY, description =
        "text_empty, text_too_long, text_characters, unit_unknown, unit_closed, level_wrong, name_taken")))]
pub(super) async fn add(
    State(app): State<AppState>,
    viewer: Viewer,
    Body(body): Body<UnitRequest>,
) -> ApiResult<(StatusCode, Json<UnitRow>)> {
    let name = text::name("name", &body.name)?;
    let parent = open_unit(&app, &viewer, "parent_id", body.parent_id).await?;
    if !body.kind.fits_in(parent.kind) {
        return Err(level_wrong("kind"));
    }
    check_name(&app, Some(parent.id), &parent.path, None, &name).await?;
    let at = app.source.now();
    let actor_id = Some(viewer.user.id);
    let new = NewUnit { id: app.source.id(), parent_id: parent.id, kind: body.kind, name, actor_id, at };
    let unit = app.store.add_unit(new).await?;
    Ok((StatusCode::CREATED, Json(UnitRow::new(unit, &HashMap::new()))))
}

/// Renames, moves or closes a unit. What was before a move is told by the old place.
#[utoipa::path(patch, path = "/api/console/units/{unit_id}", tag = "console", params(("unit_id" = Uuid, Path)),
    request_body = UnitEditRequest,
    responses((status = OK, body = UnitRow), (status = UNPROCESSABLE_ENTITY, description =
        "text_empty, text_too_long, text_characters, name_taken, unit_unknown, unit_closed, level_wrong, unit_in_use")))]
pub(super) async fn edit(
    State(app): State<AppState>,
    viewer: Viewer,
    UnitScope(unit): UnitScope,
    Body(body): Body<UnitEditRequest>,
) -> ApiResult<Json<UnitRow>> {
    let (by, at) = (viewer.user.id, app.source.now());
    let name = body.name.map(|name| text::name("name", &name)).transpose()?;
    let parent = match body.parent_id.filter(|parent| Some(*parent) != unit.parent_id) {
        Some(parent) => Some(open_unit(&app, &viewer, "parent_id", parent).await?),
        None => None,
    };
    let above = match (&parent, unit.parent_id) {
        (Some(parent), _) => Some(parent.clone()),
        (None, Some(parent)) => app.store.unit(parent).await?,
        (None, None) => None,
    };
    if (name.is_some() || parent.is_some())
        && let Some(above) = above
    {
        let name = name.as_ref().unwrap_or(&unit.name);
        check_name(&app, Some(above.id), &above.path, Some(unit.id), name).await?;
    }
    if let Some(parent) = &parent {
        outcome("parent_id", app.store.move_unit(unit.id, parent.id, by, at).await?)?;
    }
    if let Some(name) = name.filter(|name| *name != unit.name) {
        outcome("name", app.store.rename_unit(unit.id, &name, by, at).await?)?;
    }
    if let Some(closed) = body.closed {
        outcome("closed", app.store.close_unit(unit.id, closed, by, at).await?)?;
    }
    let unit = app.store.unit(unit.id).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(UnitRow::new(unit, &closed(&app).await?)))
}

fn outcome(field: &str, outcome: UnitOutcome) -> ApiResult<()> {
    match outcome {
        UnitOutcome::Done => Ok(()),
        UnitOutcome::NotFound => Err(Problem::not_found()),
        UnitOutcome::DoesNotFit => Err(level_wrong(field)),
        UnitOutcome::ParentClosed => Err(unit_closed(field)),
        UnitOutcome::InUse { members, units } => {
            let sentence = "Move its members and the units below it first, or close those.";
            Err(Problem::field(field, "unit_in_use", sentence).with("members", members).with("units", units))
        }
    }
}

fn level_wrong(field: &str) -> Problem {
    let sentence = "Stations are part of centres, points of stations, branches of any of them.";
    Problem::field(field, "level_wrong", sentence)
}

fn unit_closed(field: &str) -> Problem {
    Problem::field(field, "unit_closed", "This unit is closed. Open it again first.")
}

async fn closed(app: &AppState) -> ApiResult<HashMap<Uuid, i64>> {
    Ok(app.store.closed_units().await?.into_iter().collect())
}

/// A unit of the organizer's part of the tree that is not closed.
pub(in crate::routes) async fn open_unit(
    app: &AppState,
    viewer: &Viewer,
    field: &str,
    id: Uuid,
) -> ApiResult<Unit> {
    let unit = app.store.unit(id).await?.filter(|unit| viewer.organizes(&unit.path));
    let unknown = || Problem::field(field, "unit_unknown", "This unit is not in your part of the tree.");
    let unit = unit.ok_or_else(unknown)?;
    if closed(app).await?.contains_key(&id) {
        return Err(unit_closed(field));
    }
    Ok(unit)
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
