//! The library as members hear it. Only what is in it now and for them; where somebody is comes from what they heard.

mod beats;
mod episode;
mod leases;
mod marks;
mod places;
mod search;
mod series;
mod shelf;
mod viewer;

pub(in crate::routes) use episode::{CueView, TranscriptView};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(shelf::shelf))
        .routes(routes!(series::list))
        .routes(routes!(series::series))
        .routes(routes!(series::cover))
        .routes(routes!(episode::episode))
        .routes(routes!(episode::transcript))
        .routes(routes!(search::search))
        .routes(routes!(leases::issue))
        .routes(routes!(beats::submit))
        .routes(routes!(places::places))
        .routes(routes!(places::history))
        .routes(routes!(marks::mark, marks::unmark))
        .routes(routes!(marks::queue, marks::set_queue))
}
