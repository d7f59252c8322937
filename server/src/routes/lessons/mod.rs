//! Lessons as members see them.

pub mod card;
pub mod detail;
pub mod leases;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(detail::lesson)).routes(routes!(leases::issue))
}
