//! `GET /api/console/people/{person_id}/year`: a member's year, line by line.

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::scope::place;
use crate::{
    auth::{PersonScope, Viewer},
    problem::ApiResult,
    routes::{
        extract::Query,
        year::{MemberYear, Reader, checked_year, member_year},
    },
    state::AppState,
};

/// Which year.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// A calendar year of Asia/Shanghai; the one that is unless given.
    year: Option<i64>,
}

/// A member's year: lessons they attended or were invited to, and episodes.
#[utoipa::path(get, path = "/api/console/people/{person_id}/year", tag = "console",
    params(("person_id" = uuid::Uuid, Path), Which),
    responses((status = OK, body = MemberYear), (status = UNPROCESSABLE_ENTITY, description = "year_wrong")))]
pub(super) async fn year(
    State(app): State<AppState>,
    viewer: Viewer,
    PersonScope(person): PersonScope,
    Query(which): Query<Which>,
) -> ApiResult<Json<MemberYear>> {
    let year = checked_year(&app, which.year)?;
    let _place = place().await?;
    let branch = person.branch.as_ref().map(|branch| branch.name.clone());
    Ok(Json(
        member_year(&app, (person.id, person.name.clone(), branch), year, Reader::Organizer(&viewer)).await?,
    ))
}
