//! Which unit and year a report is of, and how many are read at a time.

use serde::Deserialize;
use tokio::sync::{Semaphore, SemaphorePermit};
use utoipa::IntoParams;
use uuid::Uuid;
use yunke_store::Unit;

use crate::{
    auth::Viewer,
    problem::{ApiResult, Problem},
    state::AppState,
};

/// Reports that are read at a time; others wait, so that those who look at figures never take the database from those who learn.
const AT_ONCE: usize = 2;

static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

/// Which year of which unit.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// A calendar year of Asia/Shanghai; the one that is unless given.
    pub(super) year: Option<i64>,
    /// Of this unit and all below it; what the viewer organizes unless given.
    pub(super) unit: Option<Uuid>,
}

/// Waits for a place.
pub(super) async fn place() -> ApiResult<SemaphorePermit<'static>> {
    PLACES.acquire().await.map_err(Problem::internal)
}

/// The unit that was asked for, if the viewer organizes or audits it.
pub(super) async fn unit(app: &AppState, viewer: &Viewer, asked: Option<Uuid>) -> ApiResult<Unit> {
    let Some(id) = asked else {
        let mut own: Vec<Unit> = viewer
            .user
            .roles
            .iter()
            .filter(|grant| grant.role.oversees())
            .map(|grant| grant.unit.clone())
            .collect();
        own.sort_by(|a, b| (a.path.len(), &a.path).cmp(&(b.path.len(), &b.path)));
        return own.into_iter().next().ok_or_else(Problem::not_found);
    };
    let unit = app.store.unit(id).await?.ok_or_else(Problem::not_found)?;
    if viewer.oversees(&unit.path) { Ok(unit) } else { Err(Problem::not_found()) }
}
