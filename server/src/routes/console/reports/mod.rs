//! Reports: a year of a part of the tree, and what each of its figures is made of. Every one is of a unit the viewer organizes; any
//! other is not there.

mod items;
mod people;
mod person;
mod scope;
mod year;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(year::year))
        .routes(routes!(items::items))
        .routes(routes!(people::people))
        .routes(routes!(person::year))
}
