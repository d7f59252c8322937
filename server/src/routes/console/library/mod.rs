//! The library as its organizers keep it: series, episodes, files and speakers of their part of the tree.

mod cover;
mod creation;
mod episodes;
mod series;
mod speakers;
mod stats;
mod stats_export;
mod transcript;
mod view;

use axum::middleware::from_fn;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{routes::extract::uploads, state::AppState};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(series::list, series::add))
        .routes(routes!(series::detail, series::edit, series::remove))
        .routes(routes!(series::set_order))
        .routes(routes!(series::publish))
        .merge(OpenApiRouter::new().routes(routes!(cover::put, cover::remove)).layer(uploads()))
        .routes(routes!(episodes::edit, episodes::remove))
        .routes(routes!(episodes::retry))
        .routes(routes!(episodes::chapters))
        .merge(OpenApiRouter::new().routes(routes!(transcript::put, transcript::remove)).layer(uploads()))
        .routes(routes!(speakers::list, speakers::add))
        .routes(routes!(stats::library))
        .routes(routes!(stats::series))
        .routes(routes!(stats::episode))
        .routes(routes!(stats_export::export))
        .routes(routes!(speakers::edit, speakers::remove))
        .merge(OpenApiRouter::new().routes(routes!(creation::create)).layer(from_fn(creation::speaks_tus)))
}
