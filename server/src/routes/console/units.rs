//! `GET /api/console/units`: the organizer's part of the tree.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yunke_store::UnitKind;

use crate::{auth::Viewer, problem::ApiResult, state::AppState};

/// A unit of the tree.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UnitRow {
    id: Uuid,
    /// What it is part of.
    parent_id: Option<Uuid>,
    kind: UnitKind,
    name: String,
}

/// Units of the organizer's part of the tree, parents before children.
#[utoipa::path(get, path = "/api/console/units", tag = "console", responses((status = OK, body = Vec<UnitRow>)))]
pub(super) async fn units(State(app): State<AppState>, viewer: Viewer) -> ApiResult<Json<Vec<UnitRow>>> {
    let units = app.store.units_within(&viewer.organized_paths()).await?;
    let rows = units.into_iter().map(|unit| UnitRow {
        id: unit.id,
        parent_id: unit.parent_id,
        kind: unit.kind,
        name: unit.name,
    });
    Ok(Json(rows.collect()))
}
