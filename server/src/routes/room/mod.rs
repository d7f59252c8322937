//! A lesson's room: the socket, and the POST for clients that cannot hold one.

mod beats;
mod progress;
mod socket;

pub(crate) use socket::beats_of;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(socket::room))
        .routes(routes!(beats::hand_in))
        .routes(routes!(progress::progress))
}
