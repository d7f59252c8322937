//! Lessons as members see them.

pub mod captions;
pub mod card;
pub mod detail;
pub mod leases;
mod poster;
mod questions;
pub mod replay;
pub(super) mod share;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(detail::lesson))
        .routes(routes!(leases::issue))
        .routes(routes!(replay::replay))
        .routes(routes!(captions::captions))
        .routes(routes!(poster::poster))
        .routes(routes!(share::share))
        .routes(routes!(share::renew))
        .routes(routes!(share::shared))
        .routes(routes!(questions::mine, questions::ask))
}
