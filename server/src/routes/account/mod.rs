//! Signing in and out, the first run, and who is signed in.

mod me;
mod new_password;
mod password;
mod session;
mod setup;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) use session::password_problem;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(session::sign_in, session::sign_out))
        .routes(routes!(session::sign_out_everywhere))
        .routes(routes!(me::me))
        .routes(routes!(password::change))
        .routes(routes!(setup::needed, setup::set_up))
}
