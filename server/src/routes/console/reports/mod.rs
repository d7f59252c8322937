//! Reports: a year of a part of the tree, and what each of its figures is made of. Every one is of a unit the viewer organizes; any
//! other is not there.

mod items;
mod people;
mod person;
mod year;

use serde::Deserialize;
use tokio::sync::{Semaphore, SemaphorePermit};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yunke_store::{Role, Unit};

use crate::{
    auth::Viewer,
    calendar::year_of,
    problem::{ApiResult, Problem},
    state::AppState,
};

/// Reports that are read at a time; others wait, so that those who look at figures never take the database from those who learn.
const AT_ONCE: usize = 2;

static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

/// Years there may be something of.
const YEARS: std::ops::RangeInclusive<i64> = 2000..=2100;

/// Which year of which unit.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// A calendar year of Asia/Shanghai; the one that is unless given.
    year: Option<i64>,
    /// Of this unit and all below it; what the viewer organizes unless given.
    unit: Option<Uuid>,
}

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(year::year))
        .routes(routes!(items::items))
        .routes(routes!(people::people))
        .routes(routes!(person::year))
}

/// Waits for a place.
async fn place() -> ApiResult<SemaphorePermit<'static>> {
    PLACES.acquire().await.map_err(Problem::internal)
}

/// The year that is by the wall clock, as all dates people read.
pub(in crate::routes) fn this_year(app: &AppState) -> i64 {
    i64::from(year_of(app.source.wall()).0)
}

/// The year that was asked for.
pub(in crate::routes) fn checked_year(app: &AppState, year: Option<i64>) -> ApiResult<i64> {
    let year = year.unwrap_or_else(|| this_year(app));
    if YEARS.contains(&year) {
        return Ok(year);
    }
    Err(Problem::field("year", "year_wrong", "The year must be between 2000 and 2100."))
}

/// The unit that was asked for, if the viewer organizes it.
async fn unit(app: &AppState, viewer: &Viewer, asked: Option<Uuid>) -> ApiResult<Unit> {
    let Some(id) = asked else {
        let mut own: Vec<Unit> = viewer
            .user
            .roles
            .iter()
            .filter(|grant| grant.role == Role::Organizer)
            .map(|grant| grant.unit.clone())
            .collect();
        own.sort_by(|a, b| (a.path.len(), &a.path).cmp(&(b.path.len(), &b.path)));
        return own.into_iter().next().ok_or_else(Problem::not_found);
    };
    let unit = app.store.unit(id).await?.ok_or_else(Problem::not_found)?;
    if viewer.organizes(&unit.path) { Ok(unit) } else { Err(Problem::not_found()) }
}
