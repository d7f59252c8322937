//! `GET /api/console/people`: people with a role, for pickers.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use yunke_store::Role;

use crate::{
    auth::Viewer,
    problem::ApiResult,
    routes::{extract::Query, paging},
    state::AppState,
};

/// People at most; others are found by typing more of the name.
const PEOPLE: i64 = 50;

/// Whom.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Whom {
    /// Only people with this role.
    #[param(inline)]
    role: Role,
    /// Part of the name.
    q: Option<String>,
}

/// A person to choose.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonRow {
    id: Uuid,
    name: String,
    /// The unit the role is for.
    unit_name: Option<String>,
}

/// People with a role, by name. Lecturers of the whole centre: they teach in many places.
#[utoipa::path(get, path = "/api/console/people", tag = "console", params(Whom),
    responses((status = OK, body = Vec<PersonRow>)))]
pub(super) async fn people(
    State(app): State<AppState>,
    viewer: Viewer,
    Query(whom): Query<Whom>,
) -> ApiResult<Json<Vec<PersonRow>>> {
    let paths = match whom.role {
        Role::Lecturer => vec!["/".to_owned()],
        Role::Organizer | Role::Owner | Role::Auditor => viewer.overseen_paths(),
    };
    let query = paging::query(whom.q)?;
    let found = app.store.people(whom.role, &paths, &query, paging::page(1, PEOPLE)).await?;
    let rows = found.into_iter().map(|person| PersonRow {
        id: person.id,
        name: person.name,
        unit_name: person.unit.map(|unit| unit.name),
    });
    Ok(Json(rows.collect()))
}
