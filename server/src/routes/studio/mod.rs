//! The lecturer's side: the incoming picture, the stream key, start and end.

mod booth;
mod doors;
mod key;
mod list;
mod phase;
mod phone;
mod preview;
mod view;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::lessons))
        .routes(routes!(view::lesson))
        .routes(routes!(key::rotate, key::revoke))
        .routes(routes!(booth::open))
        .routes(routes!(preview::preview))
        .routes(routes!(phase::start))
        .routes(routes!(phase::end))
}
