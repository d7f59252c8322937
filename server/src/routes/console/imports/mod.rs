//! Imports of rosters. Each is its owner's alone: for everybody else it is not there. Nothing is written before it was shown and
//! confirmed, and only in the owner's part of the tree.

mod act;
mod file;
mod lines;
mod view;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{routes::extract, state::AppState};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(OpenApiRouter::new().routes(routes!(file::upload)).layer(extract::roster_uploads()))
        .routes(routes!(view::imports))
        .routes(routes!(view::import, file::reread, file::remove))
        .routes(routes!(lines::lines))
        .routes(routes!(lines::added))
        .routes(routes!(act::apply))
        .routes(routes!(act::undo))
        .routes(routes!(file::template))
}
