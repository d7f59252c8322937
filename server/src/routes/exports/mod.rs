//! Files an organizer takes along: one lesson's at once, everything else as jobs.

mod file;
mod jobs;
mod lesson;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(lesson::export))
        .routes(routes!(jobs::list, jobs::add))
        .routes(routes!(jobs::job, jobs::cancel))
        .routes(routes!(file::file))
}
